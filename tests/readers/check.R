# Reads every table of a study with readr and arrow, without any option, and compares the two, cell by cell, with each
# other and with the header and the number of rows that the files have. Numbers are compared as R itself reads the text
# of the CSV; how far readr's own reading of the same text lies from it is printed.
#
#     Rscript check.R STUDY
#
# Ends with exit code 1 where anything differs.

suppressPackageStartupMessages({
  library(readr)
  library(arrow)
})
cat("readr", format(packageVersion("readr")), " arrow", format(packageVersion("arrow")), " ", R.version.string, "\n")

study <- commandArgs(trailingOnly = TRUE)[1]
tables <- sort(list.files(study, pattern = "\\.csv$"))
tables <- tables[file.exists(file.path(study, sub("csv$", "parquet", tables)))]
if (length(tables) == 0) stop(study, ": no table as CSV and Parquet: run `delta cohort collect` there first")

# R's as.numeric may give the double beside the nearest one.
neighbour <- 2^-52

compare <- function(csv, texts, parquet, header) {
  if (!identical(names(csv), header)) return("readr has other columns than the header")
  if (!identical(names(parquet), header)) return("arrow has other columns than the header")
  if (nrow(csv) != nrow(parquet)) return(sprintf("readr has %d rows, arrow %d", nrow(csv), nrow(parquet)))
  wrong <- character()
  for (column in header) {
    a <- csv[[column]]
    b <- parquet[[column]]
    if (all(is.na(b))) {
      if (!all(is.na(a))) wrong <- c(wrong, paste0(column, ": a value where Parquet has none"))
      next
    }
    if (is.numeric(a) != is.numeric(b) || is.character(a) != is.character(b)) {
      wrong <- c(wrong, sprintf("%s: readr reads %s, arrow %s", column, class(a)[1], class(b)[1]))
      next
    }
    same <- if (is.numeric(b)) {
      abs(as.numeric(texts[[column]]) - as.numeric(b)) <= neighbour * abs(as.numeric(b))
    } else {
      a == b
    }
    bad <- which(is.na(a) != is.na(b) | (!is.na(same) & !same))
    if (length(bad) > 0) {
      row <- bad[1]
      wrong <- c(wrong, sprintf("%s, row %d: %s and %s", column, row, texts[[column]][row], format(b[row], digits = 17)))
    }
  }
  wrong
}

faults <- character()
for (file in tables) {
  name <- sub("\\.csv$", "", file)
  path <- file.path(study, file)
  csv <- suppressMessages(read_csv(path, progress = FALSE))
  texts <- suppressMessages(read_csv(path, progress = FALSE, col_types = cols(.default = "c")))
  parquet <- read_parquet(file.path(study, paste0(name, ".parquet")))
  header <- strsplit(readLines(path, n = 1), ",", fixed = TRUE)[[1]]
  wrong <- compare(csv, texts, parquet, header)
  says <- if (length(wrong) == 0) "agrees" else "DIFFERS"
  apart <- unlist(lapply(header, function(column) {
    a <- csv[[column]]
    if (!is.numeric(a)) return(NULL)
    own <- as.numeric(texts[[column]])
    apart <- abs(a - own) / abs(own)
    apart[!is.na(apart) & apart > neighbour]
  }))
  note <- if (length(apart) > 0) {
    sprintf("; readr's own reading of %d numbers is off by up to %.1e of their value", length(apart), max(apart))
  } else ""
  cat(sprintf("%-14s readr::read_csv and arrow::read_parquet %s: %d rows, %d columns%s\n",
              name, says, nrow(parquet), ncol(parquet), note))
  if (nrow(problems(csv)) > 0) wrong <- c(wrong, paste(nrow(problems(csv)), "cells that readr could not parse"))
  if (length(wrong) > 0) faults <- c(faults, paste0(name, ": ", wrong))
}
for (fault in faults) cat("DIFFERS ", fault, "\n")
quit(status = if (length(faults) > 0) 1 else 0)
