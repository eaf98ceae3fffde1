# Stands in for sendmail: each mail becomes one file, complete once it has its name; names sort by time.
mails=${0%/*}/mails
part=$(mktemp "$mails/.part.XXXXXX") && cat >"$part" && mv "$part" "$mails/$(date +%s.%N)-$$.eml"
