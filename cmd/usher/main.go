// Command usher is Usher with a window and an icon in the tray. Without a display there is
// usherd, which is the same without either.
package main

import "os"

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }
