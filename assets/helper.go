package assets

import (
	"archive/zip"
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"time"
)

// HelperVersion is the version of the helper plugin for WordPress that [HelperZip] packs.
const HelperVersion = "1.0.0"

//go:embed usher-helper
var helper embed.FS

// HelperZip packs the helper plugin as WordPress's "Upload Plugin" takes it: one folder, usher-helper.
// The bytes are the same each time.
func HelperZip() ([]byte, error) {
	var packed bytes.Buffer
	w := zip.NewWriter(&packed)
	err := fs.WalkDir(helper, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		return addFile(w, path)
	})
	if err != nil {
		return nil, fmt.Errorf("pack helper plugin: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("pack helper plugin: %w", err)
	}
	return packed.Bytes(), nil
}

func addFile(w *zip.Writer, path string) error {
	content, err := helper.ReadFile(path)
	if err != nil {
		return err
	}
	header := &zip.FileHeader{
		Name: path, Method: zip.Deflate,
		Modified: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), // any fixed one
	}
	header.SetMode(0o644)
	file, err := w.CreateHeader(header)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	return err
}
