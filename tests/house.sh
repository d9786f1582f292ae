#!/usr/bin/env bash
# The arrows of docs/architecture.md, checked on the crates' own manifests and
# sources. Prints what breaks them; exits 1 when anything does.
set -euo pipefail
cd "$(dirname "$0")/.."
bad=0
say() { printf 'house: %s\n' "$*"; bad=1; }

depends() { sed -n '/^\[dependencies\]/,/^\[/p' "$1/Cargo.toml" | grep -oE '^tram-[a-z-]+' || true; }

for crate in library/*; do
    for dependency in $(depends "$crate"); do
        case $dependency in
            tram-vietnamese | tram-marc | tram-search | tram-exchange | tram-contract) ;;
            *) say "$crate depends on $dependency: library/ stands on nothing of core/" ;;
        esac
    done
done
for crate in plugins/*; do
    for dependency in $(depends "$crate"); do
        case $dependency in
            tram-sdk | tram-contract | tram-marc | tram-vietnamese | tram-documents | tram-exchange) ;;
            *) say "$crate depends on $dependency: plugins stand on sdk/ and library/ alone" ;;
        esac
    done
done
for dependency in $(depends core/journal); do say "core/journal depends on $dependency"; done
for dependency in $(depends core/people); do
    case $dependency in tram-journal | tram-contract | tram-vietnamese | tram-exchange) ;; *) say "core/people depends on $dependency" ;; esac
done
for dependency in $(depends core/host); do
    case $dependency in tram-web | tram | tram-bundle) say "core/host depends on $dependency" ;; esac
done

# Nothing in core/ or library/ names a first-party plugin. Tests and examples may.
while IFS= read -r file; do
    hits=$(sed '/#\[cfg(test)\]/,$d' "$file" | grep -nE '"(catalogue|materials|records|sync)"' || true)
    [ -z "$hits" ] || say "$file names a first-party plugin: $hits"
done < <(git ls-files 'core/*.rs' 'library/*.rs' | grep -vE '(^|/)(tests?|examples|benches)(/|\.rs$)' || true)

[ "$bad" -eq 0 ] && echo "house: the arrows hold"
exit "$bad"
