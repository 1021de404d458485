// Package migration tests docs/migration.md. Every row of that page is a pair of
// calls, another library's and this one's; the tests run both, and check that
// their results agree or differ as the row says.
package migration
