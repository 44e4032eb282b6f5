#!/usr/bin/env bash
# Decides for a release whether it becomes the latest one, from the tags of the repository. Each job of a release calls this
# when it starts: a job that runs again later then finds newer versions. Prints outputs of a workflow step:
#
# - `latest`: whether the version is the newest of all
# - `latest-of-major`: whether it is the newest of its major version
# - `npm-tag`: `latest`, `latest-N` for the newest version of an older major version N, or `backport`. npm requires a tag and
#   rejects names that are also a range of versions, such as `v1`.
set -euo pipefail

version=$1
if ! [[ $version =~ ^v([0-9]+)\.[0-9]+\.[0-9]+$ ]]; then
  echo "The tag \"$version\" is not a version. Use vX.Y.Z." >&2
  exit 1
fi
major=${BASH_REMATCH[1]}

newest() { git tag --list "$1" --sort=-version:refname | grep -E '^v[0-9]+\.[0-9]+\.[0-9]+$' | sed -n 1p; }
is_newest() { if test "$(newest "$1")" = "$version"; then echo true; else echo false; fi; }

latest=$(is_newest 'v*')
latest_of_major=$(is_newest "v$major.*")
case $latest:$latest_of_major in
  true:*) npm_tag=latest ;;
  *:true) npm_tag=latest-$major ;;
  *) npm_tag=backport ;;
esac
printf '%s\n' "latest=$latest" "latest-of-major=$latest_of_major" "npm-tag=$npm_tag"
