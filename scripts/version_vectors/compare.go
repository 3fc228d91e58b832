// Go modules, toolchains, and Bitnami. The lines are as in compare.mjs. Argument: module, toolchain or bitnami.
package main

import (
	"bufio"
	"fmt"
	"go/version"
	"os"
	"runtime"
	"runtime/debug"
	"strings"

	bitnami "github.com/bitnami/go-version/pkg/version"
	"golang.org/x/mod/semver"
)

func dependency(path string) string {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if module.Path == path {
			return path + " " + module.Version
		}
	}
	return path
}

func module(a, b string) (int, bool) {
	a, b = "v"+strings.TrimPrefix(a, "v"), "v"+strings.TrimPrefix(b, "v")
	return semver.Compare(a, b), semver.IsValid(a) && semver.IsValid(b)
}

func toolchain(a, b string) (int, bool) {
	return version.Compare(a, b), version.IsValid(a) && version.IsValid(b)
}

func application(a, b string) (int, bool) {
	x, err := bitnami.Parse(a)
	y, err2 := bitnami.Parse(b)
	if err != nil || err2 != nil {
		return 0, false
	}
	return x.Compare(y), true
}

func main() {
	compare, name := module, dependency("golang.org/x/mod")
	switch os.Args[1] {
	case "toolchain":
		compare, name = toolchain, "go/version of "+runtime.Version()
	case "bitnami":
		compare, name = application, dependency("github.com/bitnami/go-version")
	}
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	fmt.Fprintln(out, name)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		pair := strings.Split(lines.Text(), " ")
		if sign, ok := compare(pair[0], pair[1]); ok {
			fmt.Fprintln(out, string("<=>"[sign+1]))
		} else {
			fmt.Fprintln(out, "?")
		}
	}
}
