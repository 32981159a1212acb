# shellcheck shell=bash
# Reads the commands of README.md's Docker section, so that the tested commands are those. Sourced by docker/ci.sh.

# Prints the commands of the block that begins with the comment `# TITLE`.
from_readme() { # from_readme TITLE
    awk -v title="# $1" '
        /^## / {section = $0}
        /^```/ {block = 0}
        block {print; found = 1}
        section == "## Docker" && $0 == title {block = 1}
        END {exit !found}' README.md || fail "README.md has no block: $1"
}
