// Package look is how Usher looks: its theme, its icons and the widgets every screen is made of,
// so that screens stay short and alike.
//
// Three rules hold here, each kept by a test. A text can be read and a focus can be seen, in the
// light theme and in the dark one. No state is told by colour alone: a [Tone] has an icon and a
// word too. A window is painted at most ten times a second, however much happens: see [Painter].
package look
