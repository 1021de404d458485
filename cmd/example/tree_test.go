package main

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
)

// readTree reads dir and returns the paths of its files and what was printed.
func readTree(t *testing.T, dir string) (paths []string, stderr string, err error) {
	files, err := open[file]("mutexstore")
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	var errs bytes.Buffer
	err = read(t.Context(), files, dir, &errs)
	for path := range files.ModifiedSince(time.Time{}) {
		paths = append(paths, path)
	}
	return paths, errs.String(), err
}

func TestDirectoryMayBeNamedInManyWays(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "tree/b.txt", time.Hour)
	write(t, dir, "tree/sub/a.txt", 2*time.Hour)
	write(t, dir, ".git/config", time.Hour)
	for name, target := range map[string]string{"link": "tree", "link to a link": "link", "link to .git": ".git"} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string][]string{
		"tree":           {"sub/a.txt", "b.txt"},
		"tree/":          {"sub/a.txt", "b.txt"},
		"tree/sub/..":    {"sub/a.txt", "b.txt"},
		"link":           {"sub/a.txt", "b.txt"},
		"link/":          {"sub/a.txt", "b.txt"},
		"link to a link": {"sub/a.txt", "b.txt"},
		".git":           {"config"},
		"link to .git":   {"config"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			paths, stderr, err := readTree(t, dir+"/"+name)
			g.Expect(paths, err).To(Equal(want))
			g.Expect(stderr).To(BeEmpty())
		})
	}
}

func TestSymbolicLinkLoopIsAnError(t *testing.T) {
	g := NewWithT(t)
	link := filepath.Join(t.TempDir(), "loop")
	g.Expect(os.Symlink("loop", link)).To(Succeed())
	_, _, err := readTree(t, link)
	g.Expect(err).To(MatchError(ContainSubstring("too many")))
}

func TestEmptyDirectoryHasNoFiles(t *testing.T) {
	g := NewWithT(t)
	paths, stderr, err := readTree(t, t.TempDir())
	g.Expect(paths, err).To(BeEmpty())
	g.Expect(stderr).To(BeEmpty())
}

func TestWhatIsPassedOverIsReported(t *testing.T) {
	g := NewWithT(t)
	dir := sample(t)
	g.Expect(os.Symlink("old.txt", filepath.Join(dir, "link"))).To(Succeed())
	g.Expect(os.Symlink("nothing", filepath.Join(dir, "dangling"))).To(Succeed())
	paths, stderr, err := readTree(t, dir)
	g.Expect(paths, err).To(Equal([]string{"old.txt", "sub/new.txt"}))
	g.Expect(stderr).To(MatchRegexp(`^example: passed over 2 symbolic links and special files
example: passed over future.txt: modified at .*, more than a minute in the future
$`))
}

// Root may read everything, so permissions are not what this test needs.
func TestFileThatCannotBeReadIsPassedOverInOneLine(t *testing.T) {
	g := NewWithT(t)
	var errs bytes.Buffer
	files, err := open[file]("mutexstore")
	g.Expect(err).NotTo(HaveOccurred())
	defer files.Close()
	tr := tree{root: t.TempDir(), stderr: &errs}
	for _, path := range []string{"gone.txt", "two\nlines", "a\xff", "\x1b[2J"} {
		tr.passedOver(path, tr.merge(t.Context(), files, path))
	}
	g.Expect(errs.String()).To(Equal(`example: passed over gone.txt: no such file or directory
example: passed over "two\nlines": no such file or directory
example: passed over "a\xff": no such file or directory
example: passed over "\x1b[2J": no such file or directory
`))
}

func TestReadingEndsWithItsContext(t *testing.T) {
	dir := endless(t)
	for name, timeout := range map[string]time.Duration{"before it began": 0, "while it lists or hashes": 50 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			files, err := open[file]("mutexstore")
			g.Expect(err).NotTo(HaveOccurred())
			defer files.Close()
			ctx, cancel := context.WithTimeout(t.Context(), timeout)
			defer cancel()
			g.Expect(read(ctx, files, dir, &bytes.Buffer{})).To(MatchError(errInterrupted))
			g.Expect(files.Len()).To(BeZero())
		})
	}
}

func TestFilesOfOneSecondKeepTheirOwnTimes(t *testing.T) {
	g := NewWithT(t)
	dir := t.TempDir()
	at := time.Now().Add(-time.Hour).Truncate(time.Second)
	for _, name := range []string{"a", "b"} {
		write(t, dir, name, 0)
		g.Expect(os.Chtimes(filepath.Join(dir, name), at, at)).To(Succeed())
	}
	files, err := open[file]("actor")
	g.Expect(err).NotTo(HaveOccurred())
	defer files.Close()
	g.Expect(read(t.Context(), files, dir, &bytes.Buffer{})).To(Succeed())
	for _, name := range []string{"a", "b"} {
		e, ok := files.GetEntry(name)
		g.Expect(ok).To(BeTrue())
		g.Expect(e.LastModified).To(BeTemporally("==", at))
		g.Expect(e.ExpiresAt).To(BeZero())
		g.Expect(e.TTL).To(Equal(lastmodstore.NoExpiry))
	}
}

func TestDirectoryThatCannotBeListedIsPassedOverUnlessItIsTheRoot(t *testing.T) {
	g := NewWithT(t)
	var errs bytes.Buffer
	tr := tree{root: t.TempDir(), stderr: &errs}
	denied := &fs.PathError{Op: "open", Path: "it", Err: fs.ErrPermission}
	info, err := os.Stat(tr.root)
	g.Expect(err).NotTo(HaveOccurred())
	d := fs.FileInfoToDirEntry(info)
	g.Expect(tr.visit(filepath.Join(tr.root, "sub"), d, denied)).To(Succeed())
	g.Expect(errs.String()).To(Equal("example: passed over sub: permission denied\n"))
	g.Expect(tr.visit(tr.root, d, denied)).To(MatchError(fs.ErrPermission))
}
