#!/bin/bash
# Builds the images that bench/inventory.py measures, from package registries only (Debian, PyPI, npm):
#   A debian-slim · B python-app (about 90 current packages and 35 old ones with published advisories)
#   C web-app (an npm tree) · D polyglot (Maven, Rails, Composer, servers, Go programs), with deletions in later layers.
# Each as an OCI layout (NAME.oci), a docker-archive (NAME.tar) and unpacked (NAME.dir).
# Needs root and Debian's mmdebstrap, umoci, skopeo, jq.  Usage: [W=folder] bench/build_images.sh [A|B|C|D ...]
set -euo pipefail
W=${W:-$PWD/bench-images}; I=$W/images; B=$W/build; mkdir -p "$I" "$B"
SUITE=bookworm
# the machine's own package sources, whatever mirror they name
SOURCES=/etc/apt/sources.list; [ -s $SOURCES ] || SOURCES=/etc/apt/sources.list.d/debian.sources
CA=/etc/ssl/certs/ca-certificates.crt

inroot() { # inroot ROOT 'shell commands' : chroot with host DNS/CA mounted privately
  local R=$1; shift
  unshare -m bash -euo pipefail -c '
    R=$1; mount --make-rprivate /
    mkdir -p $R/proc $R/dev $R/etc $R/run
    [ -e $R/etc/resolv.conf ] || : > $R/etc/resolv.conf
    mount -t tmpfs tmpfs $R/run
    mkdir -p $R/run/hostca; : > $R/run/hostca/ca.crt
    mount --bind /etc/ssl/certs/ca-certificates.crt $R/run/hostca/ca.crt
    cp -L /etc/resolv.conf $R/run/resolv.conf; mount --bind $R/run/resolv.conf $R/etc/resolv.conf
    cp -L /etc/hosts $R/run/hosts; [ -e $R/etc/hosts ] && mount --bind $R/run/hosts $R/etc/hosts || true
    mount -t proc proc $R/proc; mount --bind /dev $R/dev
    exec chroot $R env -i HOME=/root PATH=/opt/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
      LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive PIP_CERT=/run/hostca/ca.crt PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PIP_DEFAULT_TIMEOUT=180 \
      NODE_EXTRA_CA_CERTS=/run/hostca/ca.crt npm_config_cafile=/run/hostca/ca.crt npm_config_update_notifier=false npm_config_audit=false npm_config_fund=false npm_config_cache=/run/npmcache NEXT_TELEMETRY_DISABLED=1 \
      bash -euo pipefail -c "$2"' _ "$R" "$1"
}
APTINST="apt-get -o APT::Sandbox::User=root update -qq && apt-get -o APT::Sandbox::User=root install -y -qq --no-install-recommends"
APTCLEAN="apt-get clean; rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/log/apt/* /var/log/dpkg.log /var/log/alternatives.log"

new()   { rm -rf "$I/$1.oci" "$B/$1"; umoci init --layout "$I/$1.oci"; umoci new --image "$I/$1.oci:latest"; umoci unpack --image "$I/$1.oci:latest" "$B/$1"; }
from()  { rm -rf "$I/$1.oci" "$B/$1"; cp -r "$I/$2.oci" "$I/$1.oci"; umoci unpack --image "$I/$1.oci:latest" "$B/$1"; }
layer() { # layer NAME 'comment' 'commands in chroot'
  echo "== $1: $2"; [ -z "${3:-}" ] || inroot "$B/$1/rootfs" "$3"
  umoci repack --refresh-bundle --image "$I/$1.oci:latest" --history.created_by "$2" "$B/$1" ; }
finish() { umoci config --image "$I/$1.oci:latest" --architecture amd64 --os linux --config.cmd "$2" --config.env PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin --history.created_by 'CMD' ; umoci gc --layout "$I/$1.oci"
  ln -sfn "$B/$1/rootfs" "$I/$1.dir"; rm -f "$I/$1.tar"; skopeo copy -q --additional-tag "local/$1:latest" "oci:$I/$1.oci:latest" "docker-archive:$I/$1.tar"; jq '.layers|length' < <(skopeo inspect --raw "oci:$I/$1.oci:latest"); du -sh "$I/$1.oci" "$I/$1.tar" "$B/$1/rootfs"; }

A() { new debian-slim
  mmdebstrap --variant=minbase --include=ca-certificates,tzdata $SUITE "$B/debian-slim.tar" \
     "$SOURCES"
  tar -C "$B/debian-slim/rootfs" --exclude='./dev/*' -xpf "$B/debian-slim.tar"
  layer debian-slim 'debootstrap minbase bookworm' ''
  finish debian-slim bash; }

PY_NEW="django==4.2.16 flask fastapi uvicorn[standard] gunicorn numpy pandas scipy requests boto3 celery[redis] sqlalchemy alembic psycopg2-binary pymongo redis pydantic pydantic-settings httpx aiohttp beautifulsoup4 lxml pillow matplotlib scikit-learn jinja2 click typer rich pyyaml toml tomli ruamel.yaml cryptography pyjwt passlib[bcrypt] python-jose paramiko fabric ansible-core jsonschema marshmallow attrs cattrs orjson ujson msgpack protobuf grpcio opentelemetry-sdk sentry-sdk structlog loguru tqdm tenacity cachetools python-dateutil arrow pendulum babel markdown openpyxl xlsxwriter reportlab pytest pytest-cov black ruff mypy pylint ipython notebook graphene strawberry-graphql elasticsearch kafka-python stripe twilio google-cloud-storage azure-storage-blob"
PY_OLD="django==3.2.0 requests==2.19.1 jinja2==2.10 pyyaml==5.3 urllib3==1.24.1 cryptography==3.3.1 pillow==8.0.0 flask==0.12.2 werkzeug==0.15.2 lxml==4.6.1 numpy==1.19.5 sqlparse==0.4.1 pygments==2.7.3 paramiko==2.7.2 aiohttp==3.7.3 tornado==6.0.4 certifi==2022.9.24 idna==2.7 chardet==3.0.4 markupsafe==1.1.1 itsdangerous==1.1.0 click==7.0 bleach==3.1.0 rsa==4.0 pyjwt==1.7.1 waitress==1.4.2 gunicorn==19.9.0 httplib2==0.18.0 py==1.9.0 feedparser==5.2.1 PySAML2==6.4.1 sqlalchemy==1.3.0 setuptools==57.0.0 wheel==0.36.2"
B() { from python-app debian-slim
  layer python-app 'apt-get install python3' "$APTINST python3 python3-pip python3-venv python3-yaml python3-requests curl git; $APTCLEAN"
  layer python-app 'python -m venv + pip install (app)' "python3 -m venv /opt/venv && /opt/venv/bin/pip install -q --only-binary :all: $PY_NEW"
  # cp38/cp39-era wheels, no dependency resolution: what an old vendored application looks like
  layer python-app 'pip install --target /opt/legacy (old, vulnerable)' "for p in $PY_OLD; do /opt/venv/bin/pip install -q --no-deps --only-binary :all: --python-version 3.8 --platform manylinux2014_x86_64 --platform manylinux2010_x86_64 --platform manylinux1_x86_64 --implementation cp --target /opt/legacy/lib/python3.8/site-packages \$p 2>/dev/null || /opt/venv/bin/pip install -q --no-deps --target /opt/legacy/lib/python3.8/site-packages \$p || echo MISSED \$p; done"
  layer python-app 'COPY application + requirements' "mkdir -p /srv/app/app && printf 'Django==4.2.16\nrequests>=2.0\nflask\n' > /srv/app/requirements.txt && printf '[project]\nname=\"app\"\nversion=\"1.0\"\ndependencies=[\"django\"]\n' > /srv/app/pyproject.toml && echo 'print(1)' > /srv/app/app/__init__.py"
  layer python-app 'pip upgrade (replaces earlier-layer files) + uninstall' "/opt/venv/bin/pip install -q --only-binary :all: django==4.2.20 && /opt/venv/bin/pip uninstall -q -y twilio stripe"
  finish python-app python3; }

NODE_DEPS="express@4.16.0 lodash@4.17.15 webpack@5 webpack-cli@5 react@18 react-dom@18 axios@0.19.0 moment@2.24.0 minimist@1.2.0 handlebars@4.5.2 serialize-javascript@2.1.0 ws@7.2.0 jsonwebtoken@8.5.1 marked@0.7.0 eslint@8 jest@29 typescript@5 vue@2.6.10 @babel/core@7 prettier@2 graphql@15 esbuild@0.17"
C() { from web-app debian-slim
  layer web-app 'apt-get install nodejs npm' "$APTINST nodejs npm ca-certificates; $APTCLEAN"
  layer web-app 'npm install (app)' "mkdir -p /srv/web && cd /srv/web && npm init -y >/dev/null && npm install --ignore-scripts --legacy-peer-deps --loglevel=error $NODE_DEPS >/dev/null"
  layer web-app 'COPY src' "cd /srv/web && mkdir -p src public && echo 'console.log(1)' > src/index.js && echo '<html></html>' > public/index.html"
  layer web-app 'npm uninstall + upgrade (whiteouts)' "cd /srv/web && npm uninstall --ignore-scripts --legacy-peer-deps --loglevel=error jest vue >/dev/null && npm install --ignore-scripts --legacy-peer-deps --loglevel=error ws@7.5.9 >/dev/null"
  finish web-app node; }

D() { from polyglot debian-slim
  layer polyglot 'apt-get install java, ruby, php, servers' "$APTINST maven ruby-rails composer php-cli default-jre-headless perl busybox nginx redis-server postgresql-15 haproxy memcached; $APTCLEAN"
  mkdir -p "$B/polyglot/rootfs/usr/local/bin"; cp "$(go env GOPATH 2>/dev/null)"/bin/* "$B/polyglot/rootfs/usr/local/bin/" 2>/dev/null || true
  layer polyglot 'COPY go programs' ''
  layer polyglot 'COPY jars and gems' "mkdir -p /opt/app && cp -rL /usr/share/maven/lib /opt/app/lib && cp -rL /usr/share/rubygems-integration /opt/app/gems || true"
  finish polyglot bash; }

# shellcheck disable=SC2068
[ "${BASH_SOURCE[0]}" != "$0" ] || for t in "${@:-A B C D}"; do for x in $t; do $x; done; done
