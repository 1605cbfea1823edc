#!/bin/sh
# R's glmnet 4.1-6 (Debian 12: r-cran-glmnet): family="gaussian" and family=gaussian() differ.
#
# Expected: the string and the object name the same model: the same ridge estimate for the same lambda.
# Seen: with the string, y is scaled to deviation 1 before the L2 term is added and back after, so that the
# penalty is lambda / sd(y) (divisor n) instead of lambda. With the lasso (alpha = 1) they agree.
#
#     ridge, string and object: differ
#     object with lambda / sd(y): as the string
#     lasso, string and object: agree
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
"$(dirname "$0")/with-r" "$folder" glmnet <<'END'
suppressMessages(library(glmnet))
cat("glmnet", as.character(packageVersion("glmnet")), "\n")
set.seed(1)
X <- matrix(rnorm(240), 60)
y <- as.vector(3 + X %*% c(2, -1, 0.5, 0) * 3 + rnorm(60))
s <- sqrt(mean((y - mean(y))^2))
fit <- function(family, alpha, lambda)
    as.vector(coef(glmnet(X, y, family=family, alpha=alpha, lambda=lambda, standardize=FALSE, thresh=1e-20, maxit=1e7)))
show <- function(title, a, b) { d <- max(abs(a - b)); cat(title, "differ by", format(d, digits=2), "\n"); d }
ridge <- show("ridge, string and object:", fit("gaussian", 0, 2), fit(gaussian(), 0, 2))
scaled <- show("string and object with lambda / sd(y):", fit("gaussian", 0, 2), fit(gaussian(), 0, 2 / s))
lasso <- show("lasso, string and object:", fit("gaussian", 1, 0.3), fit(gaussian(), 1, 0.3))
quit(status=if (ridge > 0.1 && scaled < 1e-6 && lasso < 1e-6) 0 else 1)
END
