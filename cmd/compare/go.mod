module github.com/lastmodstore/lastmodstore/cmd/compare

go 1.26.0

require gonum.org/v1/gonum v0.17.0

replace github.com/lastmodstore/lastmodstore => ../../
