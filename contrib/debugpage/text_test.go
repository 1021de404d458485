package debugpage

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

func TestDurationsAreShort(t *testing.T) {
	g := NewWithT(t)
	for d, want := range map[time.Duration]string{
		0:                                     "0 s",
		999:                                   "999 ns",
		1500:                                  "1.5 µs",
		999 * time.Millisecond:                "999 ms",
		time.Second:                           "1 s",
		9990 * time.Millisecond:               "9.9 s",
		59*time.Second + 999*time.Millisecond: "59 s",
		10 * time.Minute:                      "10m",
		90 * time.Minute:                      "1h 30m",
		24 * time.Hour:                        "1d",
		49*time.Hour + time.Minute:            "2d 1h",
		100_000 * 24 * time.Hour:              "100,000d",
		-90 * time.Second:                     "−1m 30s",
		-1 << 63:                              "−106,751d 23h",
	} {
		g.Expect(short(d)).To(Equal(want), d.String())
	}
}

func TestNumbersAreGrouped(t *testing.T) {
	g := NewWithT(t)
	for n, want := range map[uint64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", 1<<64 - 1: "18,446,744,073,709,551,615"} {
		g.Expect(grouped(n)).To(Equal(want))
	}
	for rate, want := range map[float64]string{0: "0/s", 0.25: "0.2/s", 9.96: "10.0/s", 12345.6: "12,345/s"} {
		g.Expect(perSecond(rate)).To(Equal(want))
	}
}

func TestNamesOfFieldsBecomeWords(t *testing.T) {
	g := NewWithT(t)
	g.Expect(words("Entries")).To(Equal("Entries"))
	g.Expect(words("LongestSweepStep")).To(Equal("Longest sweep step"))
}

func TestTextIsCutBetweenCharacters(t *testing.T) {
	g := NewWithT(t)
	g.Expect(cutAt("aé", 2)).To(Equal(1))
	g.Expect(cutAt("aé", 3)).To(Equal(3))
	g.Expect(cutAt("a😀", 4)).To(Equal(1))
	g.Expect(cutAt("\x80\x80\x80\x80\x80\x80", 5)).To(Equal(5))
	g.Expect(cut("short", 5)).To(Equal("short"))
	g.Expect(cut("longer", 5)).To(Equal("longe\n… cut: 5 of 6 bytes are shown"))
}
