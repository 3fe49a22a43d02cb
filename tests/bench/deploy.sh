# The bot's deploy of the sample as a careful person's script, one step after another. Its tools are kept ready as the
# bot's are: a mirror, the dependencies, a warm cache. Needs git, node, npm and curl, and what the environment below says.
set -eu
: "$REPO" "$MIRROR" "$TREES" "$KEPT" "$URL" "$DATABASE" "$SCRIPT"
account="$CLOUDFLARE_API_BASE_URL/accounts/$CLOUDFLARE_ACCOUNT_ID"
ask() { curl -fsS -H "Authorization: Bearer $CLOUDFLARE_API_TOKEN" "$@"; }
wrangler() { node node_modules/wrangler/bin/wrangler.js "$@" --env=canary; }

# checkout
git -C "$MIRROR" fetch --quiet --prune --force --no-tags "$REPO" '+refs/heads/*:refs/heads/*'
sha=$(git -C "$MIRROR" rev-parse refs/heads/main)
git -C "$MIRROR" worktree add --quiet --detach "$TREES/$sha" "$sha"
cd "$TREES/$sha"
cp -a "$KEPT/node_modules" .

# gates
npm test
if git grep -nIE '^[[:space:]]*debugger;' "$sha" -- src; then exit 1; fi
git -C "$MIRROR" for-each-ref --contains="$sha" --format='%(refname)' refs/heads | grep -qx refs/heads/main
ask -H 'Content-Type: application/json' -d '{"sql":"SELECT name FROM sqlite_master","params":[]}' \
  "$account/d1/database/$DATABASE/query"

# snapshot
ask "$account/workers/scripts/$SCRIPT/deployments"
ask "$account/d1/database/$DATABASE/time_travel/bookmark"

# build, migrate, deploy
wrangler deploy --dry-run --outdir="$TREES/bundle-$sha"
wrangler d1 migrations apply DB --remote
wrangler deploy --tag="$sha" --message="commit=$sha"
ask "$account/workers/scripts/$SCRIPT/deployments"

# health, verify
curl -fsS --retry 10 --retry-connrefused "$URL/health" | grep -q '"status":"ok"'
curl -fsS "$URL/" | grep -q Hello
curl -fsS "$URL/health" | grep -q '"status":"ok"'
