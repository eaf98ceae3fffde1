// Package words is everything Usher says on the screen: texts by key, and times and numbers as
// people write them where they live.
//
// Texts live in assets/translations; English is complete and stands in for what another language
// lacks. The tests hold the file to Usher's vocabulary and to the calls in the code.
package words
