# ruff: noqa: E501 - a table reads best with one row a line
"""The programs that are told by the version text inside them: the table, and nothing else.

A row names files, the texts that stand in them around the version, and what the program is called in package URLs
(`pkg:generic/NAME`, unless the row says more) and in CPE names (vendor:product). Where the name of a file says which
product it may be and the text inside says so again, that is the evidence; a file with the name alone is nothing.

Each pattern has a group `version` and may have a group `update` ("p1" of OpenSSH 9.2p1, which CPE writes apart). All
are bounded, so that they can be searched window by window: the longest match stays below `MAX_MATCH`. Where several
patterns stand in a row, what comes first in the file counts.

What is compared here: texts read from the programs themselves, as distributions, vendors and registries ship them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

__all__ = ["CLASSIFIERS", "MAX_MATCH", "Classifier", "classifiers_for", "text_globs"]

MAX_MATCH = 512
"""Bytes that the longest pattern may match. The windows in which a file is searched overlap by as much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Classifier:
    """One row. files: names with `*` and `?`, or paths with "/" as globs; patterns: each one suffices.

    unless: texts by which the file is something else that is built upon this. is_text: the files are no programs.
    minor: the file's name says a part of the version (`libpython3.11.so`), which must agree.
    """

    name: str
    files: tuple[str, ...]
    patterns: tuple[re.Pattern[bytes], ...]
    purl: str
    cpes: tuple[str, ...]
    unless: tuple[bytes, ...] = ()
    is_text: bool = False
    minor: re.Pattern[str] | None = None


def _row(
    name: str,
    files: str,
    *patterns: bytes,
    cpe: str = "",
    purl: str = "",
    unless: tuple[bytes, ...] = (),
    is_text: bool = False,
    minor: str = "",
) -> Classifier:
    return Classifier(
        name=name,
        files=tuple(files.split()),
        # Not one pattern of alternatives: `re` finds a pattern that begins with a text ten times as fast.
        patterns=tuple(re.compile(pattern, re.DOTALL) for pattern in patterns),
        purl=purl or f"generic/{name}",
        cpes=tuple(cpe.split()),
        unless=unless,
        is_text=is_text,
        minor=re.compile(minor) if minor else None,
    )


_V2 = rb"(?P<version>\d{1,3}\.\d{1,3})"
_V3 = rb"(?P<version>\d{1,4}\.\d{1,4}\.\d{1,5})"
_V23 = rb"(?P<version>\d{1,4}\.\d{1,4}(?:\.\d{1,5})?)"
_PRE = rb"(?:-?(?:alpha|beta|rc|RC|dev|preview)[.-]?\d{0,3})?"
_V3PRE = rb"(?P<version>\d{1,4}\.\d{1,4}\.\d{1,5}" + _PRE + rb")"
_GO_SET = rb"\x00v?(?P<version>%s\.\d{1,3}\.\d{1,3}(?:-(?:alpha|beta|rc)\.?\d{1,3})?)\x00"
"""A text that Go's linker was told to set (-X) ends with a NUL, unlike all others in a Go program."""

_REDIS_BUILD = rb"(?=\x00|[a-z][0-9A-Za-z.-]{0,80}-\d{16,22}\x00|[0-9a-f]{12}-\d{16,22}\x00)"
"""The version stands alone, or with the name of the host and the time of the build behind it."""

CLASSIFIERS = (
    # ── shells, tools and C libraries ────────────────────────────────────────────────────────────────────────────────
    _row("busybox", "busybox [", rb"BusyBox v" + _V3, cpe="busybox:busybox"),
    _row("bash", "bash", rb"@\(#\)Bash version " + _V3 + rb"\(", cpe="gnu:bash"),
    _row(
        "glibc", "libc.so.6 libc-2.*.so",
        rb"GNU C Library \([^)\x00]{1,80}\) (?:stable|development) release version (?P<version>2\.\d{1,3}(?:\.\d{1,5})?)",
        cpe="gnu:glibc",
    ),
    _row("musl", "ld-musl-*.so.1 libc.musl-*.so.1 libc.so", rb"\x00(?P<version>[01]\.\d\.\d{1,2})\x00", cpe="musl-libc:musl"),
    _row("util-linux", "getopt mount lsblk fdisk libmount.so.1*", rb"util-linux " + _V23, cpe="kernel:util-linux"),
    _row("gzip", "gzip", rb"\x00(?P<version>1\.\d{1,2}(?:\.\d{1,2})?)\x00", cpe="gnu:gzip"),
    _row("xz", "xz", rb"xz \(XZ Utils\) " + _V3PRE, cpe="tukaani:xz"),
    _row("xz", "liblzma.so* liblzma-*.so*", rb"\x00(?P<version>5\.\d{1,2}\.\d{1,2}(?:alpha|beta)?)\x00", cpe="tukaani:xz"),
    _row("zstd", "zstd", rb"\x00v(?P<version>[01]\.\d{1,2}\.\d{1,2})\x00", cpe="facebook:zstandard"),
    _row("zstd", "libzstd.so* libzstd-*.so*", rb"(?P<version>1(?<![0-9.]1)\.\d\.\d{1,2})\x00", cpe="facebook:zstandard"),
    _row("zlib", "libz.so* libz-*.so*", rb" deflate (?P<version>1\.\d{1,2}(?:\.\d{1,3}){0,2}) Copyright", cpe="zlib:zlib"),
    _row("libpng", "libpng1?.so* libpng1?-*.so*", rb"libpng version " + _V3, cpe="libpng:libpng"),
    _row("expat", "libexpat.so* libexpat-*.so*", rb"\x00expat_" + _V3, cpe="libexpat_project:libexpat"),
    _row("curl", "curl", rb"\x00curl/" + _V3, cpe="haxx:curl"),
    _row("libcurl", "libcurl*.so*", rb"\x00libcurl/" + _V3, cpe="haxx:libcurl"),
    _row("wget", "wget", rb"\x00(?P<version>1\.\d{2}(?:\.\d{1,2})?)\x00", cpe="gnu:wget"),
    _row("git", "git", rb"git/" + _V3, cpe="git-scm:git"),
    _row("jq", "jq libjq.so*", rb"\x00(?:jq-)?(?P<version>1\.\d(?:\.\d{1,2})?)\x00", cpe="jqlang:jq"),
    _row("sudo", "sudo", rb"\x00(?P<version>1\.[89]\.\d{1,2}(?:p\d{1,2})?)\x00", cpe="sudo_project:sudo"),
    _row("imagemagick", "libMagickCore-*.so*", rb"ImageMagick (?P<version>\d\.\d{1,2}\.\d{1,2}-\d{1,3}) ", cpe="imagemagick:imagemagick"),
    _row("ffmpeg", "ffmpeg ffprobe", rb"(?:%s|FFmpeg) version n?" + _V23, cpe="ffmpeg:ffmpeg"),
    _row("ffmpeg", "libav*.so* libswresample*.so* libswscale*.so*", rb"FFmpeg version n?" + _V23, cpe="ffmpeg:ffmpeg"),
    _row("qt", "libQt*Core.so*", rb"\x00Qt " + _V3 + rb" \(", rb"QtCore library version " + _V3, cpe="qt:qt"),
    _row("qemu", "qemu-system-* qemu-*-static", rb"QEMU emulator version " + _V3, rb"qemu-[a-z0-9_]{1,16} version " + _V3, cpe="qemu:qemu"),
    # ── cryptography ─────────────────────────────────────────────────────────────────────────────────────────────────
    _row(
        "openssl", "openssl libcrypto*.so* libcrypto*.dylib libcrypto-*.dll libssl*.so*",
        rb"OpenSSL (?P<version>\d\.\d{1,2}\.\d{1,3}[a-z]{0,2}(?:-(?:alpha|beta|pre|dev|fips)\d{0,3})?)(?:\+quic)? {1,2}(?:\[[^\]\x00]{1,40}\] )?\d{1,2} [A-Z][a-z]{2} \d{4}",
        cpe="openssl:openssl", unless=(b"AWS-LC ", b"LibreSSL "),
    ),
    _row("libressl", "openssl libcrypto*.so*", rb"LibreSSL " + _V3, cpe="openbsd:libressl"),
    _row("aws-lc", "openssl libcrypto*.so* bssl", rb"AWS-LC " + _V3 + rb"\)", cpe="amazon:aws_libcrypto"),
    _row("openssh", "sshd ssh", rb"OpenSSH_(?P<version>\d{1,2}\.\d{1,2})(?P<update>p\d)", cpe="openbsd:openssh"),
    _row("openvpn", "openvpn", rb"OpenVPN " + _V3 + rb" [a-z0-9_]{2,12}-", cpe="openvpn:openvpn"),
    _row("tor", "tor", rb" \(on Tor (?P<version>0\.\d{1,2}\.\d{1,2}\.\d{1,3})", cpe="torproject:tor"),
    # ── languages ────────────────────────────────────────────────────────────────────────────────────────────────────
    _row(
        "python", "python python2* python3* libpython*.so* libpython*.dylib python3*.dll",
        rb"\x00(?P<version>(?:2\.[67]|3\.1?\d)\.\d{1,3}(?:(?:a|b|rc)\d{1,2})?)\+?(?=\x00)",
        rb"/Python-(?P<version>(?:2\.[67]|3\.1?\d)\.\d{1,3}(?:(?:a|b|rc)\d{1,2})?)\x00",
        cpe="python:python python_software_foundation:python", minor=r"python(\d\.\d{1,2})",
    ),
    _row("pypy", "libpypy*.so* pypy pypy3*", rb"\[PyPy " + _V3, cpe="pypy:pypy"),
    _row(
        "node", "node nodejs libnode.so* node.exe", rb"node\.js/v" + _V3, rb"/node-v" + _V3 + rb"\.tar",
        rb"\x00v(?P<version>0\.1[0-2]\.\d{1,2})\x00", rb"\x00node v(?P<version>0\.\d{1,2}\.\d{1,2})\x00", cpe="nodejs:node.js",
    ),
    _row("deno", "deno deno.exe", rb"(?<!-)Deno/" + _V3, cpe="deno:deno"),
    _row("bun", "bun bun.exe", rb"Bun v" + _V3 + rb" \(", rb"bun-v" + _V3, cpe="oven:bun"),
    _row(
        "openjdk", "libjvm.so libjvm.dylib",
        rb"OpenJDK [A-Za-z0-9 -]{1,32} VM \([^)\x00]{1,60}\) for [a-z0-9-]{1,32} JRE \((?P<version>[0-9][0-9._]{0,30})",
        cpe="oracle:openjdk",
    ),
    _row(
        "oracle-jdk", "libjvm.so libjvm.dylib",
        rb"Java HotSpot\(TM\) [A-Za-z0-9 -]{1,32} VM \([^)\x00]{1,60}\) for [a-z0-9-]{1,32} JRE \((?P<version>[0-9][0-9._]{0,30})",
        cpe="oracle:jdk",
    ),
    _row("go", "VERSION", rb"\Ago(?P<version>1\.\d{1,3}(?:\.\d{1,3})?(?:(?:rc|beta)\d{1,2})?)\s", cpe="golang:go", is_text=True),
    _row(
        "php", "php php[0-9]* php-fpm* php-cgi* libphp*.so",
        rb"X-Powered-By: PHP/(?P<version>\d\.\d{1,2}\.\d{1,3}" + _PRE + rb")", cpe="php:php",
    ),
    _row(
        "composer", "composer composer.phar", rb"const VERSION = '" + _V3PRE + rb"';",
        rb"'pretty_version'\s{0,4}=>\s{0,4}'" + _V3PRE + rb"'", cpe="getcomposer:composer", is_text=True,
    ),
    _row("wp-cli", "wp wp-cli.phar", rb"wp-cli/wp-cli " + _V3, cpe="wp-cli:wp-cli", is_text=True),
    _row("perl", "perl perl5* libperl.so*", rb"\x00v(?P<version>5\.\d{1,2}\.\d{1,2}(?:-RC\d)?)\x00", rb"/perl5/(?P<version>5\.\d{1,2}\.\d{1,2})[/\x00]", cpe="perl:perl"),
    _row("ruby", "ruby ruby[0-9]* libruby*.so*", rb"ruby (?P<version>\d\.\d{1,2}\.\d{1,2}(?:p\d{1,4}|(?:preview|rc|dev)\d{0,2})?) \(\d{4}-", cpe="ruby-lang:ruby"),
    _row("erlang", "**/releases/*/OTP_VERSION", rb"\A(?P<version>\d{2}(?:\.\d{1,3}){1,4}(?:-rc\d)?)\s", cpe=r"erlang:erlang\/otp", is_text=True),
    _row(
        "erlang", "beam.smp beam erlexec",
        rb"/otp(?:_src)?[_-](?P<version>\d{2}(?:\.\d{1,3}){1,4}(?:-rc\d)?)/", rb"\x00(?P<version>[12]\d(?:\.\d{1,3}){1,4})\x00{1,16}Erlang/OTP",
        rb"Erlang/OTP [^\x00]{1,150}\x00{1,16}(?P<version>[12]\d(?:\.\d{1,3}){1,4})\x00", cpe=r"erlang:erlang\/otp",
    ),
    _row("elixir", "**/elixir/ebin/elixir.app", rb'\{vsn, ?"(?P<version>\d\.\d{1,3}\.\d{1,3}(?:-[a-z0-9.]{1,12})?)"\}', cpe="elixir-lang:elixir", is_text=True),
    _row("rust", "libstd-*.so libstd-*.dylib librustc_driver-*.so", rb"rustc version " + _V3 + rb"(?:-[a-z0-9.]{1,16})? \([0-9a-f]{7,12} \d{4}-", rb"/rustc-" + _V3 + rb"/", rb"(?P<version>1(?<![0-9.]1)\.\d{2,3}\.\d)(?:-[a-z0-9.]{1,16})? \([0-9a-f]{9} \d{4}-\d\d-\d\d\)", cpe="rust-lang:rust"),
    _row("swipl", "swipl libswipl.so*", rb"swipl-" + _V3 + rb"/", rb"swi-prolog-" + _V3, cpe="swi-prolog:swi-prolog"),
    _row("dart", "dart dart.exe dartaotruntime", rb"\x00(?P<version>\d\.\d{1,2}\.\d{1,2}(?:-[0-9.]{1,12}(?:beta|dev))?) \((?:stable|beta|dev|main)\) ", cpe="dart:dart_software_development_kit"),
    _row("ghc", "ghc ghc-*", rb"\x00GHC " + _V3 + rb"\x00", rb"\x00libHSghc-" + _V3 + rb"-", purl="generic/haskell/ghc", cpe="haskell:ghc"),
    _row("cabal", "cabal", rb"\x00Cabal-(?P<version>\d{1,2}(?:\.\d{1,2}){2,3})-", rb"cabal-install-(?P<version>\d{1,2}(?:\.\d{1,2}){2,3})-", purl="generic/haskell/cabal", cpe="haskell:cabal"),
    _row("stack", "stack", rb"Version\s{0,4}" + _V3 + rb",\s{0,4}Git", purl="generic/haskell/stack", cpe="haskell:stack"),
    _row("julia", "libjulia-internal.so*", rb"\x00(?P<version>\d\.\d{1,2}\.\d{1,2})\x00verify", cpe="julialang:julia"),
    _row("lua", "lua lua5.* luac liblua5.*.so*", rb"Lua (?P<version>5\.\d\.\d) {1,2}Copyright", cpe="lua:lua"),
    _row("gcc", "gcc gcc-[0-9]* *-linux-*-gcc*", rb"\x00(?P<version>\d{1,2}\.\d{1,2}\.\d)\x00{1,16}\([^)\x00]{1,80}\) \x00", rb"GCC: \(GNU\) " + _V3, cpe="gnu:gcc"),
    # ── web servers and proxies ──────────────────────────────────────────────────────────────────────────────────────
    _row("nginx", "nginx nginx-debug", rb"nginx version: nginx/" + _V3, cpe="f5:nginx nginx:nginx"),
    _row("openresty", "nginx openresty", rb"nginx version: openresty/(?P<version>\d{1,2}(?:\.\d{1,3}){2,3})", cpe="openresty:openresty"),
    _row("httpd", "httpd apache2", rb"\x00Apache/" + _V3, cpe="apache:http_server"),
    _row("lighttpd", "lighttpd", rb"\x00lighttpd/" + _V3, cpe="lighttpd:lighttpd"),
    _row("haproxy", "haproxy", rb"version (?P<version>\d\.\d{1,2}(?:\.\d{1,3}|-dev\d{1,3}))[^\x00,]{0,40}, released 20", rb"HA-Proxy version (?P<version>\d\.\d{1,2}(?:\.\d{1,3}|-dev\d{1,3}))", cpe="haproxy:haproxy"),
    _row("varnish", "varnishd", rb"varnish-" + _V3 + rb" revision", cpe="varnish-software:varnish_cache varnish_cache_project:varnish_cache"),
    _row("squid", "squid", rb"\x00squid/" + _V23, cpe="squid-cache:squid"),
    _row("envoy", "envoy", rb"\x00(?P<version>1\.\d{1,2}\.\d{1,2}(?:-dev)?)\x00[\s\S]{0,400}?(?:envoy[_.]reloadable_features|Unable to|ValidationError|RELEASE)", cpe="envoyproxy:envoy"),
    _row("traefik", "traefik", _GO_SET % rb"[1-3]", cpe="traefik:traefik"),
    _row("istio", "pilot-discovery pilot-agent", rb"\x00(?P<version>1\.\d{1,2}\.\d{1,3})\x00{1,16}(?P=version)\x00", rb"Clean\x00{1,16}(?P<version>1\.\d{1,2}\.\d{1,3})\x00", cpe="istio:istio"),
    _row("ingress-nginx", "nginx-ingress-controller", _GO_SET % rb"[01]", cpe="kubernetes:ingress-nginx"),
    # ── databases and messages ───────────────────────────────────────────────────────────────────────────────────────
    _row(
        "redis", "redis-server redis-server-* redis-cli redis-sentinel",
        rb"Redis version " + _V3, rb"\x00(?P<version>[2-9]\.\d{1,2}\.\d{1,3})" + _REDIS_BUILD, cpe="redis:redis redislabs:redis", unless=(b"valkey_version", b"keydb_version", b"KeyDB"),
    ),
    # 7.2.4 is what Valkey calls itself towards clients of Redis.
    _row("valkey", "valkey-server valkey-cli", rb"\x00(?:valkey)?(?!7\.2\.4\x00)(?P<version>(?:[789]|1\d)\.\d{1,2}\.\d{1,3})(?:-rc\d)?" + _REDIS_BUILD, cpe="lfprojects:valkey linuxfoundation:valkey"),
    _row("keydb", "keydb-server keydb-cli", rb"\x00(?P<version>[56]\.\d{1,2}\.\d{1,3})" + _REDIS_BUILD, cpe="snap:keydb"),
    _row("memcached", "memcached", rb"memcached " + _V3, cpe="memcached:memcached"),
    _row("postgresql", "postgres", rb"postgres \(PostgreSQL\) (?P<version>\d{1,2}(?:\.\d{1,2}){0,2}(?:alpha|beta|rc)?\d{0,2})", rb"\x00PostgreSQL (?P<version>\d{1,2}(?:\.\d{1,2}){0,2}(?:alpha|beta|rc)?\d{0,2})", cpe="postgresql:postgresql"),
    _row("mariadb", "mariadbd mysqld mariadb mysql", rb"(?P<version>\d{1,2}\.\d{1,2}\.\d{1,3})-MariaDB", cpe="mariadb:mariadb"),
    _row("mysql", "mysqld mysql", rb"\x00" + _V3 + rb"\x00{1,16}mysql", rb"/mysql-" + _V3, cpe="oracle:mysql", unless=(b"-MariaDB", b"/percona-", b"/Percona-")),
    _row("percona-server", "mysqld mysql", rb"/percona-server-(?P<version>\d{1,2}\.\d{1,2}\.\d{1,3}(?:-\d{1,3})?)", cpe="percona:percona_server oracle:mysql"),
    _row("percona-xtradb-cluster", "mysqld mysql", rb"/Percona-XtraDB-Cluster-" + _V3, cpe="percona:xtradb_cluster percona:percona_server"),
    _row("percona-xtrabackup", "xtrabackup", rb"/percona-xtrabackup-" + _V3, cpe="percona:xtrabackup"),
    _row("sqlite", "sqlite3 libsqlite3.so* libsqlite3-*.so*", rb"\x00(?P<version>3\.\d{1,2}\.\d{1,2}(?:\.\d)?)\x00", cpe="sqlite:sqlite"),
    _row("sqlcipher", "sqlcipher", rb"[^0-9]\x00(?P<version>4\.\d{1,2}\.\d{1,2})\x00", cpe="zetetic:sqlcipher"),
    _row("mongodb", "mongod mongos", _V3 + rb"\x00{1,16}(?:tcmalloc|heap_size|cppdefines)", cpe="mongodb:mongodb"),
    _row("arangodb", "arangosh arangod", rb"(?P<version>3\.\d{1,2}\.\d{1,2}(?:[.-]\d{1,2})?) (?:enterprise )?\[linux\]", cpe="arangodb:arangodb"),
    _row("mosquitto", "mosquitto", rb"\x00(?P<version>[12]\.\d{1,2}\.\d{1,2})\x00", cpe="eclipse:mosquitto"),
    _row("rabbitmq", "**/plugins/rabbit-*/ebin/rabbit.app", rb'\{vsn, ?"(?P<version>\d\.\d{1,3}\.\d{1,3}(?:-[a-z0-9.]{1,12})?)"\}', cpe="broadcom:rabbitmq_server vmware:rabbitmq", is_text=True),
    # ── mail, names, files, telephones ───────────────────────────────────────────────────────────────────────────────
    _row("postfix", "postfix master", rb"mail_version=" + _V3, cpe="postfix:postfix"),
    _row("exim", "exim exim4", rb"\x00(?P<version>4\.\d{2}(?:\.\d{1,2})?)\x00", cpe="exim:exim"),
    _row("dovecot", "dovecot", rb"Dovecot v(?P<version>\d\.\d{1,2}(?:\.\d{1,2}){1,2})", cpe="dovecot:dovecot"),
    _row("proftpd", "proftpd", rb"\x00ProFTPD Version (?P<version>\d\.\d{1,2}\.\d{1,2}[a-z]?)", cpe="proftpd:proftpd"),
    _row("vsftpd", "vsftpd", rb"vsftpd: version " + _V3, cpe="vsftpd_project:vsftpd"),
    _row("samba", "smbd samba", rb"SAMBA_(?P<version>4\.\d{1,2}\.\d{1,2})", cpe="samba:samba"),
    _row("bind", "named", rb"\x00libisc-(?P<version>9\.\d{1,2}\.\d{1,3})", rb"\x00BIND (?P<version>9\.\d{1,2}\.\d{1,3})", cpe="isc:bind"),
    _row("unbound", "unbound", rb"\x00unbound " + _V3, cpe="nlnetlabs:unbound"),
    _row("dnsmasq", "dnsmasq", rb"\x00dnsmasq-" + _V2, cpe="thekelleys:dnsmasq"),
    _row("openldap", "slapd ldapsearch", rb"\$OpenLDAP: [a-z]{4,16} " + _V3, cpe="openldap:openldap"),
    _row("asterisk", "asterisk", rb"Asterisk (?:PBX )?" + _V3, cpe="digium:asterisk sangoma:asterisk"),
    # ── the cloud's own ──────────────────────────────────────────────────────────────────────────────────────────────
    _row("fluent-bit", "fluent-bit", rb"\x00" + _V3 + rb"\x00{1,3}(?:\x1b\[1m\x00)?(?:%s)?Fluent", purl="github/fluent/fluent-bit", cpe="treasuredata:fluent_bit"),
    _row("helm", "helm", _GO_SET % rb"[234]", cpe="helm:helm"),
    _row("kubernetes", "kubectl kubelet kubeadm kube-apiserver kube-controller-manager kube-scheduler kube-proxy", rb"\x00v(?P<version>1\.\d{1,3}\.\d{1,3}(?:-(?:alpha|beta|rc)\.\d)?)\x00", cpe="kubernetes:kubernetes"),
    _row("consul", "consul", rb"CONSUL_VERSION: " + _V3, rb"GitDescribe=v?" + _V3 + rb'"', _GO_SET % rb"[01]", cpe="hashicorp:consul"),
    _row("vault", "vault", rb"revoke(?P<version>1\.\d{2}\.\d{1,2})(?=[^0-9.])", _GO_SET % rb"[01]", cpe="hashicorp:vault"),
    _row("grafana", "grafana grafana-server", rb"\x00(?:release-)?(?P<version>(?:[6-9]|1\d)\.\d{1,2}\.\d{1,3}(?:-(?:beta|preview|test|\d{6,12})\d{0,2})?)(?:\+security-\d{1,2})?\x00", cpe="grafana:grafana"),
    _row("prometheus", "prometheus promtool", _GO_SET % rb"[123]", cpe="prometheus:prometheus"),
    _row("chrome", "chrome chromium chrome-headless-shell headless_shell", rb"\x00(?P<version>\d{2,3}\.0\.\d{4,5}\.\d{1,3})\x00(?:Default|chrome)", cpe="google:chrome"),
)  # fmt: skip


class _Index:
    """The rows by plain file name, and those with wildcards or folders as patterns."""

    def __init__(self) -> None:
        self.plain: dict[str, tuple[Classifier, ...]] = {}
        self.wild: list[tuple[re.Pattern[str], Classifier]] = []
        self.paths: list[tuple[re.Pattern[str], Classifier]] = []
        for row in CLASSIFIERS:
            for glob in row.files:
                if "/" in glob:
                    self.paths.append((re.compile(_regex(glob)), row))
                elif re.search(r"[*?]|\[0-9\]", glob):
                    self.wild.append((re.compile(_regex(glob)), row))
                else:
                    self.plain[glob] = (*self.plain.get(glob, ()), row)
        # Nearly all files match nothing, and one question tells them.
        self.any_wild = re.compile("|".join(pattern.pattern for pattern, _ in self.wild))
        self.any_path = re.compile("|".join(pattern.pattern for pattern, _ in self.paths))


_index = cache(_Index)


def _regex(glob: str) -> str:
    parts = re.split(r"(\*\*/|\*|\?|\[0-9\])", glob)
    wildcards = {"**/": "(?:.*/)?", "*": "[^/]*", "?": "[^/]", "[0-9]": "[0-9]"}
    return "".join(wildcards.get(part, re.escape(part)) for part in parts)


def classifiers_for(path: str) -> tuple[Classifier, ...]:
    """Give the rows that a file of this name may be told by; () for nearly all files."""
    index = _index()
    name = path[path.rfind("/") + 1 :]
    found = index.plain.get(name, ())
    if index.any_wild.fullmatch(name):
        found += tuple(row for pattern, row in index.wild if row not in found and pattern.fullmatch(name))
    if index.any_path.fullmatch(path):
        found += tuple(row for pattern, row in index.paths if row not in found and pattern.fullmatch(path))
    return found


def text_globs() -> tuple[str, ...]:
    """Give the globs of the files that are no programs, which no magic tells."""
    names = (name for row in CLASSIFIERS if row.is_text for name in row.files)
    return tuple(sorted({name if "/" in name else f"**/{name}" for name in names}))
