# glmnet and coxph on the tables of benches/penalised.rs: Rscript penalised.R FOLDER; prints CPU seconds and versions.
suppressMessages({library(glmnet); library(survival)})
d <- commandArgs(TRUE)[1]
X <- as.matrix(read.csv(file.path(d, "x.csv"), header = FALSE)); r <- read.csv(file.path(d, "rows.csv"))
cpu <- function(f) { t <- proc.time(); v <- f(); t <- proc.time() - t; list(s = t[[1]] + t[[2]], v = v) }
scl <- function(tr, te) { m <- colMeans(tr); c <- sweep(tr, 2, m); s <- sqrt(colMeans(c^2)); list(sweep(c, 2, s, "/"), sweep(sweep(te, 2, m), 2, s, "/")) }
nested <- function(L, thresh) function() t(sapply(0:4, function(f) { tr <- which(r$outer != f); l <- L[f + 1, ]; s <- rep(0, length(l))
  for (q in 0:4) { te <- tr[r$inner[tr] == q]; fi <- tr[r$inner[tr] != q]; z <- scl(X[fi, ], X[te, , drop = FALSE])
    g <- glmnet(z[[1]], r$response[fi], "binomial", alpha = .5, lambda = l, standardize = FALSE, thresh = thresh)
    e <- predict(g, z[[2]]); s <- s + colSums(log1p(exp(ifelse(r$response[te] == 1, -1, 1) * e))) / length(tr) }
  glmnet(scl(X[tr, ], X[tr, ])[[1]], r$response[tr], "binomial", alpha = .5, lambda = l, standardize = FALSE, thresh = thresh); s }))
glmnet.control(fdev = 0, devmax = 1)
L <- as.matrix(read.csv(file.path(d, "logistic_lambdas.csv"), header = FALSE))
g <- cpu(nested(L, 1e-7)); write.table(g$v, file.path(d, "logistic_losses_glmnet.csv"), sep = ",", row.names = FALSE, col.names = FALSE)
e <- cpu(nested(L, 1e-13)); write.table(e$v, file.path(d, "logistic_losses_glmnet_exact.csv"), sep = ",", row.names = FALSE, col.names = FALSE)
y <- Surv(r$days, r$event)
u <- cpu(function() t(apply(X, 2, function(x) { f <- coxph(y ~ x); c(coef(f), sqrt(vcov(f))) })))
write.table(u$v, file.path(d, "single_r.csv"), sep = ",", row.names = FALSE, col.names = FALSE)
o <- coxph.control()
k <- cpu(function() apply(X, 2, function(x) coxph.fit(cbind(x), y, NULL, NULL, 0, o, NULL, "efron", NULL)$coefficients))
cat("glmnet", g$s, "exact", e$s, "coxph", u$s, "coxph.fit", k$s, "versions", as.character(packageVersion("glmnet")), as.character(packageVersion("survival")), as.character(getRversion()), "\n")
