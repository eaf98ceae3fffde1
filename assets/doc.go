// Package assets is the home of icons, the helper plugin for WordPress and translations,
// as bytes. It imports nothing of ours.
package assets
