// Package compare is the conformance suite of [lastmodstore.Store]: [Run] tests
// any implementation of the interface. README.md shows how.
//
// A number at the head of a case is that of the sentence of docs/contract.md that
// the case enforces. The suite finds no data race that the race detector does not
// see: run it with -race as well.
package compare
