#!/bin/sh
# Writes tree/app/*: programs with the symbols of native-image. Needs gcc, gzip, xxd.  Run: sh make.sh
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
make() { # make OUTPUT SBOM [LENGTH]
  gzip -n -9 -c "$2" > "$work/sbom.gz"
  length=${3:-$(wc -c < "$work/sbom.gz")}
  { echo "__attribute__((section(\".svm_heap\"))) const char heap = 1;"
    echo "const unsigned char sbom[] = {"; xxd -i < "$work/sbom.gz"; echo "};"
    echo "const unsigned long sbom_length = $length;"; echo "void _start(void) { for (;;) {} }"; } > "$work/x.c"
  gcc -Os -pie -nostdlib -s -rdynamic -Wl,--build-id=none -Wl,-z,noseparate-code -o "$1" "$work/x.c"
}
make tree/app/shop sbom.cdx.json
sed '/"metadata"/d' sbom.cdx.json > "$work/rootless"
make tree/app/rootless "$work/rootless"
make ../damaged_skipped/tree/app/cut sbom.cdx.json 40
echo '{"bomFormat": "Other"}' > "$work/other"
make ../damaged_skipped/tree/app/other "$work/other"
make ../damaged_skipped/tree/app/huge sbom.cdx.json 99999999999
rm -r "$work"
