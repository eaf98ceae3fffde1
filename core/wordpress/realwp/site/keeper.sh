# keeper.sh FOLDER: waits for the end of its input, which comes with the end of the program that
# started it, however that ends. Then it ends the site's processes and removes the site's folder.
read -r _
for pid in "$1"/pids/*; do
  [ -f "$pid" ] && kill -9 "-$(cat "$pid")"
done
rm -rf -- "$1"
