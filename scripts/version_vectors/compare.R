# CRAN: package_version, by the operators that R itself uses. The lines are as in compare.mjs.
cat(R.version.string, "\n", sep = "")
for (line in readLines(file("stdin"))) {
  pair <- strsplit(line, " ")[[1]]
  a <- suppressWarnings(package_version(pair[1], strict = FALSE))
  b <- suppressWarnings(package_version(pair[2], strict = FALSE))
  bad <- length(unlist(a)) == 0 || length(unlist(b)) == 0 || any(is.na(unlist(a))) || any(is.na(unlist(b)))
  cat(if (bad) "?" else if (a < b) "<" else if (a > b) ">" else if (a == b) "=" else "?", "\n", sep = "")
}
