package move

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"
	"go.uber.org/goleak"

	"usher/core"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var passphrase = core.NewSecret("correct horse battery")

// quick seals with next to no work, because the work is what seal's tests are about. Opening
// costs what the file says, so that it is quick too.
func quick(passphrase core.Secret, to io.Writer) (io.WriteCloser, error) {
	recipient, err := age.NewScryptRecipient(passphrase.Reveal())
	if err != nil {
		return nil, err
	}
	recipient.SetWorkFactor(2)
	return age.Encrypt(to, recipient)
}

var secrets = map[string]core.Secret{"identity": core.NewSecret("planted-identity"), "site/1/password": core.NewSecret("not UTF-8 \xff")}

// file is a whole move file.
func file(t testing.TB, store string) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := write(&out, passphrase, Content{Settled: true, Secrets: secrets}, strings.NewReader(store), quick); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// sealed is a file sealed rightly around anything.
func sealed(t testing.TB, inside []byte) []byte {
	t.Helper()
	out := bytes.NewBufferString("usher-move 1\n")
	w, err := quick(passphrase, out)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Write(inside)
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// readAll reads a file to its end.
func readAll(from io.Reader, passphrase core.Secret) (Content, []byte, error) {
	c, store, err := Read(from, passphrase)
	if err != nil {
		return c, nil, err
	}
	data, err := io.ReadAll(store)
	return c, data, err
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	for _, store := range []string{"", "a data file", strings.Repeat("long ", 100_000)} {
		c, data, err := readAll(bytes.NewReader(file(t, store)), passphrase)
		if err != nil || string(data) != store || !c.Settled {
			t.Fatalf("%d bytes came back as %d, %+v, %v", len(store), len(data), c, err)
		}
		if !maps.EqualFunc(c.Secrets, secrets, core.Secret.Equal) {
			t.Error("the secrets are others")
		}
	}
}

func TestTheFileShowsNothing(t *testing.T) {
	raw := file(t, "planted-store")
	for _, planted := range []string{"planted", "identity", "site/1", passphrase.Reveal()} {
		if bytes.Contains(raw, []byte(planted)) {
			t.Errorf("it shows %q", planted)
		}
	}
}

func TestAPassphraseThatIsTooShortSealsNothing(t *testing.T) {
	var out bytes.Buffer
	err := Write(&out, core.NewSecret("äöüäöüäöü"), Content{}, strings.NewReader(""))
	if !core.HasCode(err, "move.passphrase_short") || out.Len() > 0 {
		t.Errorf("got %v and %d bytes", err, out.Len())
	}
	if err := Check(core.NewSecret("äöüäöüäöüä")); err != nil {
		t.Errorf("ten characters are refused: %v", err)
	}
}

func TestHostileFiles(t *testing.T) {
	whole := file(t, strings.Repeat("store ", 50_000))
	long := binary.BigEndian.AppendUint32(nil, 0xffffffff)
	head := func(text string) []byte {
		return append(binary.BigEndian.AppendUint32(nil, uint32(len(text))), text...)
	}
	for name, c := range map[string]struct {
		raw  []byte
		code string
	}{
		"empty":                     {nil, "move.not_ours"},
		"another program's":         {[]byte("%PDF-1.7\n"), "move.not_ours"},
		"a plain age file":          {whole[len("usher-move 1\n"):], "move.not_ours"},
		"no version":                {[]byte("usher-move x\n"), "move.not_ours"},
		"version 0":                 {[]byte("usher-move 0\n"), "move.not_ours"},
		"a newer version":           {[]byte("usher-move 2\nof which nothing is known"), "move.newer"},
		"no seal":                   {[]byte("usher-move 1\nhello"), "move.damaged"},
		"work without end":          {bytes.Replace(whole, []byte(" 2\n"), []byte(" 30\n"), 1), "move.damaged"},
		"cut in the seal":           {whole[:60], "move.damaged"},
		"cut in the middle":         {whole[:len(whole)/2], "move.damaged"},
		"cut between two pieces":    {whole[:len(whole)-(len(whole)-300)%(64<<10)], "move.damaged"},
		"cut at the last byte":      {whole[:len(whole)-1], "move.damaged"},
		"something added":           {append(slices.Clone(whole), 'x'), "move.damaged"},
		"one bit changed":           {flip(whole, len(whole)-9), "move.damaged"},
		"nothing inside":            {sealed(t, nil), "move.damaged"},
		"a head of 4 GB":            {sealed(t, append(long, "{}"...)), "move.damaged"},
		"a head that is too long":   {sealed(t, head("{}"+strings.Repeat(" ", maxHead))), "move.damaged"},
		"a head shorter than told":  {sealed(t, head("{}")[:5]), "move.damaged"},
		"a head that is no JSON":    {sealed(t, head("[")), "move.damaged"},
		"a secret without a name":   {sealed(t, head(`{"secrets":{"":"eA=="}}`)), "move.damaged"},
		"a secret without a text":   {sealed(t, head(`{"secrets":{"identity":""}}`)), "move.damaged"},
		"a secret with a long name": {sealed(t, head(`{"secrets":{"`+strings.Repeat("x", 201)+`":"eA=="}}`)), "move.damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, _, err := readAll(bytes.NewReader(c.raw), passphrase); !core.HasCode(err, c.code) {
				t.Errorf("got %v, want %s", err, c.code)
			}
		})
	}
	if _, _, err := readAll(bytes.NewReader(whole), core.NewSecret("another passphrase")); !core.HasCode(err, "move.passphrase") {
		t.Errorf("with another passphrase: %v", err)
	}
}

// endless repeats a text for ever.
type endless struct {
	text  string
	taken int // bytes
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.text)
	e.taken += n
	return n, nil
}

func TestWhatNeverEndsIsGivenUp(t *testing.T) {
	const age = "usher-move 1\nage-encryption.org/v1\n"
	for name, c := range map[string]struct{ begin, rest, code string }{
		"a first line":   {"", "usher-move ", "move.not_ours"},
		"keys":           {age, "-> x\n\n", "move.damaged"},
		"one key":        {age + "-> x y\n", strings.Repeat("A", 64) + "\n", "move.damaged"},
		"a line of keys": {age, "x", "move.damaged"},
	} {
		rest := &endless{text: c.rest}
		_, _, err := Read(io.MultiReader(strings.NewReader(c.begin), rest), passphrase)
		if !core.HasCode(err, c.code) || rest.taken > 4<<20 {
			t.Errorf("%s: %d bytes were taken, %v", name, rest.taken, err)
		}
	}
}

func flip(raw []byte, at int) []byte {
	changed := slices.Clone(raw)
	changed[at] ^= 1
	return changed
}

var errDisk = errors.New("the disk went away")

// broken is a disk that goes away after some bytes.
func broken(raw []byte) io.Reader { return io.MultiReader(bytes.NewReader(raw), failing{}) }

type failing struct{}

func (failing) Read([]byte) (int, error)  { return 0, errDisk }
func (failing) Write([]byte) (int, error) { return 0, errDisk }

func TestTheFileIsNotBlamedForTheDisk(t *testing.T) {
	whole := file(t, strings.Repeat("store ", 50_000))
	for _, n := range []int{0, 5, 60, 200, len(whole) / 2} {
		if _, _, err := readAll(broken(whole[:n]), passphrase); !errors.Is(err, errDisk) {
			t.Errorf("after %d bytes: %v", n, err)
		}
	}
	if err := write(failing{}, passphrase, Content{}, strings.NewReader("x"), quick); !errors.Is(err, errDisk) {
		t.Errorf("writing: %v", err)
	}
}

// A store that breaks off while it is written leaves no file that looks whole.
func TestWhatBreaksOffIsNotWhole(t *testing.T) {
	var out bytes.Buffer
	if err := write(&out, passphrase, Content{}, broken([]byte("half")), quick); !errors.Is(err, errDisk) {
		t.Fatalf("got %v", err)
	}
	if _, _, err := readAll(&out, passphrase); !core.HasCode(err, "move.damaged") {
		t.Errorf("it is read as %v", err)
	}
}

func TestAnEndlessStoreIsNotTaken(t *testing.T) {
	b := &body{in: &source{}, opened: bytes.NewReader(make([]byte, 10)), taken: maxStore - 4}
	if _, err := io.ReadAll(b); !core.HasCode(err, "move.damaged") {
		t.Errorf("got %v", err)
	}
}

func FuzzRead(f *testing.F) {
	whole := file(f, "store")
	f.Add(whole, false)
	f.Add(whole[:len(whole)/2], false)
	f.Add([]byte("usher-move 2\n"), false)
	f.Add([]byte("\x00\x00\x00\x02{}store"), true)
	f.Add([]byte("\x00\x00\x00\x1d"+`{"secrets":{"identity":"eA=="}}store`), true)
	f.Fuzz(func(t *testing.T, raw []byte, inside bool) {
		if inside { // what only somebody with the passphrase can have written
			raw = sealed(t, raw)
		}
		_, _, err := readAll(bytes.NewReader(raw), passphrase)
		if p := core.AsProblem(err); err != nil && !strings.HasPrefix(p.Code, "move.") {
			t.Errorf("got %v, want a problem of the catalogue", err)
		}
	})
}
