package logfile

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func TestALogIsBoundedAndItsOwnersAlone(t *testing.T) {
	const most, line = 1000, 50
	path := filepath.Join(t.TempDir(), "data", "usher.log")
	var last string
	write := func(from, to int) {
		f := New(path, most)
		for i := from; i < to; i++ {
			last = fmt.Sprintf("%0*d\n", line-1, i)
			if n, err := f.Write([]byte(last)); n != line || err != nil {
				t.Fatal(n, err)
			}
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	write(0, 30)
	write(30, 55) // the next start goes on where the last one ended
	both, err := filepath.Glob(path + "*")
	if err != nil || len(both) != 2 {
		t.Fatalf("the files are %q, %v", both, err)
	}
	for _, name := range both {
		info, err := os.Stat(name)
		if err != nil || info.Size() > most || info.Size()%line != 0 || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	if folder, err := os.Stat(filepath.Dir(path)); err != nil || folder.Mode().Perm() != 0o700 {
		t.Errorf("the folder: %v, %v", folder, err)
	}
	older, _ := os.ReadFile(path + ".1")
	newer, _ := os.ReadFile(path)
	if all := append(older, newer...); !bytes.HasSuffix(all, []byte(last)) || len(all) != 35*line {
		t.Errorf("%d bytes are kept, which end in %q", len(all), all[len(all)-line:])
	}
}

func TestManyWriteAtOnce(t *testing.T) {
	f := New(filepath.Join(t.TempDir(), "usher.log"), 500)
	var writing sync.WaitGroup
	for range 8 {
		writing.Go(func() {
			for range 50 {
				if _, err := f.Write([]byte("a line\n")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writing.Wait()
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestALineLongerThanTheLogIsKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "usher.log")
	f := New(path, 10)
	for n, line := range []string{"longer than ten\n", "and another one\n"} {
		if _, err := f.Write([]byte(line)); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(path + ".1"); n == 0 && err == nil {
			t.Error("an empty log is kept in place of one that said something")
		}
	}
	_ = f.Close()
	older, _ := os.ReadFile(path + ".1")
	newer, _ := os.ReadFile(path)
	if string(older) != "longer than ten\n" || string(newer) != "and another one\n" {
		t.Errorf("kept %q and %q", older, newer)
	}
}
