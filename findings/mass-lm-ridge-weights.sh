#!/bin/sh
# R's MASS 7.3-58.2 (Debian 12: r-cran-mass): lm.ridge ignores weights, and whatever else it does not know.
#
# Expected: lm.ridge(formula, data, lambda=0, weights=w) is weighted least squares, as lm with the same arguments.
# The documentation has "...: additional arguments to 'lm.fit'", and lm itself takes weights.
# Seen: it is the fit without weights, without a warning. "..." is discarded: lm.fit is not called, so that
# weights of the wrong length and misspelt names (lamda=10) pass likewise.
#
#     weighted lm:                 slope -6.8221
#     lm:                          slope -5.0480
#     lm.ridge, weights, lambda=0: slope -5.0480
#     lm.ridge, weights=1:3:       slope -5.0480
#     lm.ridge, lamda=10:          slope -5.0480
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
"$(dirname "$0")/with-r" "$folder" MASS <<'END'
library(MASS)
cat("MASS", as.character(packageVersion("MASS")), "\n")
w <- 1 / mtcars$wt^4
slope <- function(title, fit) { s <- coef(fit)[["wt"]]; cat(sprintf("%-28s slope %.4f\n", paste0(title, ":"), s)); s }
weighted <- slope("weighted lm", lm(mpg ~ wt + qsec, mtcars, weights=w))
plain <- slope("lm", lm(mpg ~ wt + qsec, mtcars))
ridge <- slope("lm.ridge, weights, lambda=0", lm.ridge(mpg ~ wt + qsec, mtcars, lambda=0, weights=w))
short <- slope("lm.ridge, weights=1:3", lm.ridge(mpg ~ wt + qsec, mtcars, lambda=0, weights=1:3))
misspelt <- slope("lm.ridge, lamda=10", lm.ridge(mpg ~ wt + qsec, mtcars, lamda=10))
same <- function(a, b) abs(a - b) < 1e-8
quit(status=if (!same(weighted, plain) && all(same(c(ridge, short, misspelt), plain))) 0 else 1)
END
