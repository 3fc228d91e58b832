#!/bin/sh
# Build or wrap one program per ecosystem in FOLDER/bin, each of which speaks as compare.mjs says; make.py asks them.
# Needs on Debian: nodejs npm ruby php-cli php-composer-semver elixir r-base-core maven golang cargo ocaml-nox ghc
# python3-venv, and the source of opam (`apt-get source opam`) as OPAM_SOURCE. What is missing is left out.
set -u
here=$(cd "$(dirname "$0")" && pwd)
folder=$1
mkdir -p "$folder/bin"
folder=$(cd "$folder" && pwd)
bin=$folder/bin
wrap() { # NAME COMMAND…: a program NAME that runs COMMAND
    name=$1
    shift
    printf '#!/bin/sh\nexec %s\n' "$*" > "$bin/$name"
    chmod +x "$bin/$name"
    echo a b | "$bin/$name" > /dev/null 2>&1 || { echo "$name: left out"; rm "$bin/$name"; }
}

wrap npm node "$here/compare.mjs" "$(npm root -g)/npm/node_modules/semver"
wrap rubygems ruby "$here/compare.rb"
wrap packagist php "$here/compare.php" /usr/share/php/Composer/Semver/autoload.php \
    "$(dpkg-query -W -f '${Version}' php-composer-semver)"
wrap hex elixir "$here/compare.exs"
wrap cran Rscript --vanilla "$here/compare.R"

maven=3.9.11
mvn -q -B "-Dmaven.repo.local=$folder/m2" dependency:get "-Dartifact=org.apache.maven:maven-artifact:$maven"
jar=$folder/m2/org/apache/maven/maven-artifact/$maven/maven-artifact-$maven.jar
javac -cp "$jar" -d "$folder" "$here/Compare.java" && wrap maven java -cp "$jar:$folder" Compare "$maven"

mkdir -p "$folder/go" "$folder/rust/src"
cp "$here/compare.go" "$folder/go/main.go"
(cd "$folder/go" && { [ -f go.mod ] || go mod init compare; } && go mod tidy && go build -o compare) > /dev/null 2>&1
wrap golang "$folder/go/compare" module
wrap toolchain "$folder/go/compare" toolchain
wrap bitnami "$folder/go/compare" bitnami

crate=1.0.28
cp "$here/compare.rs" "$folder/rust/src/main.rs"
printf '[package]\nname = "compare"\nversion = "0.0.0"\nedition = "2021"\n[dependencies]\nsemver = "=%s"\n' "$crate" \
    > "$folder/rust/Cargo.toml"
(cd "$folder/rust" && cargo build -q --release) && wrap crates "$folder/rust/target/release/compare" "$crate"

mkdir -p "$folder/ghc" "$folder/ocaml"
ghc -v0 -package Cabal -outputdir "$folder/ghc" -o "$folder/ghc/compare" "$here/compare.hs" \
    && wrap haskell "$folder/ghc/compare"
if [ -n "${OPAM_SOURCE:-}" ]; then
    cp "$OPAM_SOURCE"/src/core/opamVersionCompare.ml* "$here/compare.ml" "$folder/ocaml"
    (cd "$folder/ocaml" && ocamlopt -w -a -o compare opamVersionCompare.mli opamVersionCompare.ml compare.ml) \
        && wrap opam "$folder/ocaml/compare" "$(sed -n 's/^AC_INIT(opam,\([^)]*\))/\1/p' "$OPAM_SOURCE/configure.ac")"
fi

python3 -m venv "$folder/venv" && "$folder/venv/bin/pip" -q install conan packaging
wrap conan "$folder/venv/bin/python" "$here/compare_conan.py"
wrap pypi "$folder/venv/bin/python" "$here/compare_packaging.py"
