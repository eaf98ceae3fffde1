package realwp

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The two ends of the range Usher supports; good for [Options.Version] and [Run].
const (
	Oldest = "6.1"    // the oldest supported, any 6.1.x
	Newest = "newest" // the newest installed, if that is newer than Oldest
)

// errMissing names a real part this machine does not have.
type errMissing string

func (e errMissing) Error() string {
	return string(e) + " is not installed here; .ci/install fetches it"
}

// Versions lists the WordPress versions installed on this machine, oldest first.
// It is empty where there are none.
func Versions() []string {
	found, _ := filepath.Glob(filepath.Join(treesDir(), "*", "wp-includes", "version.php"))
	var versions []string
	for _, file := range found {
		if version := filepath.Base(filepath.Dir(filepath.Dir(file))); versionIn(file) == version {
			versions = append(versions, version)
		}
	}
	slices.SortFunc(versions, func(a, b string) int { return slices.Compare(numbers(a), numbers(b)) })
	return versions
}

// choose finds the newest installed version that a wish such as "6.1", "7.1.4" or Newest asks for.
func choose(versions []string, wish string) (string, error) {
	if wish == "" {
		wish = Newest
	}
	for _, version := range slices.Backward(versions) {
		if matches(version, wish) || wish == Newest && !matches(version, Oldest) {
			return version, nil
		}
	}
	if wish == Newest {
		return "", errMissing("a WordPress newer than " + Oldest)
	}
	return "", errMissing("WordPress " + wish)
}

func matches(version, wish string) bool {
	return version == wish || strings.HasPrefix(version, wish+".") || strings.HasPrefix(version, wish+"-")
}

// treesDir is where .ci/install puts its trees; both must agree.
func treesDir() string {
	cache := os.Getenv("USHER_TEST_CACHE")
	if cache == "" {
		user, _ := os.UserCacheDir() // without one there are no trees either
		cache = filepath.Join(user, "usher-test")
	}
	return filepath.Join(cache, "wordpress")
}

var versionLine = regexp.MustCompile(`(?m)^\$wp_version = '([^']+)'`)

// versionIn reads the version a tree says it has, "" where it says none.
func versionIn(file string) string {
	code, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	found := versionLine.FindSubmatch(code)
	if found == nil {
		return ""
	}
	return string(found[1])
}

// numbers makes versions comparable: 6.1.9 is 6, 1, 9; what is behind a dash counts for nothing.
func numbers(version string) []int {
	release, _, _ := strings.Cut(version, "-")
	var parts []int
	for part := range strings.SplitSeq(release, ".") {
		n, _ := strconv.Atoi(part)
		parts = append(parts, n)
	}
	return parts
}

// installation is what a site is made of.
type installation struct {
	version, tree string
	php, mariadbd string // the programs' paths
}

// find looks for a WordPress such as "6.1" and what it runs on; without them the error is an errMissing.
func find(wish string) (installation, error) {
	version, err := choose(Versions(), wish)
	if err != nil {
		return installation{}, err
	}
	php, err := exec.LookPath("php")
	if err != nil {
		return installation{}, errMissing("PHP")
	}
	mariadbd, err := exec.LookPath("mariadbd")
	if err != nil { // not in the path of ordinary users
		mariadbd, err = exec.LookPath("/usr/sbin/mariadbd")
	}
	if err != nil {
		return installation{}, errMissing("MariaDB")
	}
	return installation{version, filepath.Join(treesDir(), version), php, mariadbd}, nil
}
