package lastmodstore_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/lastmodstore/lastmodstore"
	"github.com/lastmodstore/lastmodstore/actor"
	"github.com/lastmodstore/lastmodstore/mutexstore"
)

type anyStore = lastmodstore.Store[string, []int]

var codecs = []lastmodstore.Codec{lastmodstore.JSON, lastmodstore.Gob}

// contents is what s holds, with times that can be compared.
func contents(s anyStore) map[string]string {
	all := map[string]string{}
	for key, e := range s.All() {
		all[key] = fmt.Sprint(e.Value, e.LastModified.UnixNano(), e.TTL, e.ExpiresAt.UnixNano())
	}
	return all
}

func TestSnapshotKeepsValuesAndTimes(t *testing.T) {
	for _, codec := range codecs {
		synctest.Test(t, func(t *testing.T) {
			g := NewWithT(t)
			from, to := actor.New[string, []int](0), mutexstore.New[string, []int](0)
			defer from.Close()
			defer to.Close()
			for i := range 1000 {
				from.Set(fmt.Sprint(i), []int{i}, time.Duration(i%3)*time.Hour)
			}
			from.Set("short", nil, time.Minute)
			var b bytes.Buffer
			g.Expect(lastmodstore.Save(&b, from, codec)).To(Succeed())
			time.Sleep(time.Minute)
			to.Set("7", []int{-7}, 0) // newer: it wins
			g.Expect(lastmodstore.Load(&b, to, codec)).To(Equal(999))
			from.Set("7", []int{-7}, 0)
			want, got := contents(from), contents(to)
			delete(want, "7")
			delete(got, "7")
			g.Expect(got).To(Equal(want))
			seven, _ := to.Get("7")
			g.Expect(seven).To(Equal([]int{-7}))
		})
	}
}

// small is a snapshot of three blocks.
func small(t *testing.T, codec lastmodstore.Codec) []byte {
	s := mutexstore.New[string, []int](0)
	defer s.Close()
	for i := range 600 {
		s.Set(fmt.Sprint(i), []int{i}, 0)
	}
	var b bytes.Buffer
	if err := lastmodstore.Save(&b, s, codec); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestSnapshotThatIsCutLoadsWhatPrecedes(t *testing.T) {
	g := NewWithT(t)
	whole := small(t, lastmodstore.Gob)
	last := 0
	for n := 0; n < len(whole); n += 1 + len(whole)/500 {
		s := mutexstore.New[string, []int](0)
		stored, err := lastmodstore.Load(bytes.NewReader(whole[:n]), s, lastmodstore.Gob)
		g.Expect(err).To(MatchError(lastmodstore.ErrDamaged), "cut at %d", n)
		g.Expect(errors.Is(err, io.ErrUnexpectedEOF)).To(BeTrue(), "cut at %d: %v", n, err)
		g.Expect(err.Error()).To(ContainSubstring(fmt.Sprint("at byte ", n)))
		g.Expect(stored).To(BeElementOf(0, 256, 512, 600))
		g.Expect(stored).To(BeNumerically(">=", last))
		g.Expect(s.Len()).To(Equal(stored))
		last = stored
		s.Close()
	}
}

func TestSnapshotThatIsDamagedIsNoticed(t *testing.T) {
	g := NewWithT(t)
	whole := small(t, lastmodstore.JSON)
	for n := 0; n < len(whole); n += 1 + len(whole)/1000 {
		damaged := bytes.Clone(whole)
		damaged[n] ^= 0x10
		s := mutexstore.New[string, []int](0)
		_, err := lastmodstore.Load(bytes.NewReader(damaged), s, lastmodstore.JSON)
		g.Expect(err).To(HaveOccurred(), "byte %d", n)
		for key, e := range s.All() {
			g.Expect(fmt.Sprint(e.Value)).To(Equal("["+key+"]"), "byte %d", n)
		}
		s.Close()
	}
}

func TestSnapshotErrorsSayWhatToDo(t *testing.T) {
	g := NewWithT(t)
	s := mutexstore.New[string, []int](0)
	_, err := lastmodstore.Load(bytes.NewReader(small(t, lastmodstore.JSON)), s, lastmodstore.Gob)
	g.Expect(err).To(MatchError(ContainSubstring(`saved by codec "json": load it by that`)))
	_, err = lastmodstore.Load(bytes.NewReader([]byte("#!/bin/sh and so on")), s, lastmodstore.Gob)
	g.Expect(err).To(MatchError(lastmodstore.ErrDamaged))
	g.Expect(s.Close()).To(Succeed())
	stored, err := lastmodstore.Load(bytes.NewReader(small(t, lastmodstore.JSON)), s, lastmodstore.JSON)
	g.Expect(err).To(MatchError(lastmodstore.ErrClosed))
	g.Expect(stored).To(BeZero())
	unable := mutexstore.New[string, func()](0)
	defer unable.Close()
	unable.Set("a", func() {}, 0)
	g.Expect(lastmodstore.Save(io.Discard, unable, lastmodstore.JSON)).To(MatchError(ContainSubstring("snapshot not saved")))
}

func TestSnapshotBesideWritersMissesNothingThatStays(t *testing.T) {
	g := NewWithT(t)
	s := actor.New[string, []int](0)
	defer s.Close()
	for i := range 3000 {
		s.Set(fmt.Sprint(i), []int{i}, 0)
	}
	stop := make(chan struct{})
	var writers sync.WaitGroup
	writers.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				s.Set(fmt.Sprint(i%3000), []int{i}, 0)
			}
		}
	})
	var b bytes.Buffer
	g.Expect(lastmodstore.Save(&b, s, lastmodstore.Gob)).To(Succeed())
	close(stop)
	writers.Wait()
	loaded := mutexstore.New[string, []int](0)
	defer loaded.Close()
	_, err := lastmodstore.Load(&b, loaded, lastmodstore.Gob)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(loaded.Len()).To(Equal(3000))
}

func TestSaveFileReplacesWholeOrNotAtAll(t *testing.T) {
	g := NewWithT(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "store.snapshot")
	s := mutexstore.New[string, []int](0)
	defer s.Close()
	s.Set("a", []int{1}, 0)
	g.Expect(lastmodstore.SaveFile(path, s, lastmodstore.Gob)).To(Succeed())
	failing := lastmodstore.Codec{Name: "gob", Marshal: func(any) ([]byte, error) { return nil, errors.New("full") }}
	g.Expect(lastmodstore.SaveFile(path, s, failing)).To(MatchError(ContainSubstring("not saved: full")))
	g.Expect(lastmodstore.SaveFile(filepath.Join(dir, "none", "x"), s, lastmodstore.Gob)).NotTo(Succeed())
	files, err := os.ReadDir(dir)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(files).To(HaveLen(1), "nothing is left lying about")
	loaded := mutexstore.New[string, []int](0)
	defer loaded.Close()
	g.Expect(lastmodstore.LoadFile(path, loaded, lastmodstore.Gob)).To(Equal(1))
	g.Expect(maps.Equal(contents(s), contents(loaded))).To(BeTrue())
	_, err = lastmodstore.LoadFile(filepath.Join(dir, "none"), loaded, lastmodstore.Gob)
	g.Expect(err).To(MatchError(os.ErrNotExist))
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte("lastmod\x01\x04json\x00\x00\x00\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s := mutexstore.New[string, []int](0)
		defer s.Close()
		for _, codec := range codecs {
			if stored, err := lastmodstore.Load(bytes.NewReader(data), s, codec); err == nil && s.Len() > stored {
				t.Fatal(stored)
			}
		}
	})
}
