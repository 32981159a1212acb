# shellcheck shell=bash
# The commands of README.md's Docker section: what is run is what it says. Sourced by docker/ci.sh.

# The block of the section that begins with the comment `# TITLE`; without the comment.
from_readme() { # from_readme TITLE
    awk -v title="# $1" '
        /^## / {section = $0}
        /^```/ {block = 0}
        block {print; found = 1}
        section == "## Docker" && $0 == title {block = 1}
        END {exit !found}' README.md || fail "README.md has no block: $1"
}
