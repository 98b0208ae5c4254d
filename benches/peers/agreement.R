# Two-way variance components of FOLDER/reml.csv by lme4; CPU seconds of the fits alone. Rscript agreement.R FOLDER
suppressMessages(library(lme4))
folder <- commandArgs(TRUE)[1]
rows <- read.csv(file.path(folder, "reml.csv"))
# R names the column `repeat` as `repeat.`, for the word is its own.
rows$subject <- factor(rows$subject); rows$repeat. <- factor(rows$repeat.)
tables <- split(rows, rows$feature)
options(warn = -1)
fit <- function(d) suppressMessages(lmer(value ~ 1 + (1 | subject) + (1 | repeat.), d, REML = TRUE))
invisible(fit(tables[[1]]))
time <- system.time(fits <- lapply(tables, fit))
of <- function(m) { v <- VarCorr(m); c(v$subject[1], v$repeat.[1], sigma(m)^2) }
found <- t(sapply(fits, of)); colnames(found) <- c("subject", "repeat", "residual")
write.csv(cbind(feature = as.integer(names(tables)), found), file.path(folder, "reml_lme4.csv"), row.names = FALSE)
cat("reml", sum(time[c(1, 2)]), as.character(packageVersion("lme4")), as.character(getRversion()), "\n")
