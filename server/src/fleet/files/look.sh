# Tells what there is at a path, for logins that SFTP does not let see it. It only reads.
#
#   sh -c SCRIPT livemig-look PATH LIMIT
#
# A file of at most LIMIT bytes comes with its content, a folder with what is in it. The answer, among whatever a login says:
#
#   @@livemig file SIZE MTIME         MTIME in seconds since 1970; then, if it is not too large,
#   @@livemig content LENGTH          and LENGTH bytes
#   @@livemig folder SIZE MTIME       then for each entry, links followed
#   @@livemig entry file|folder NAME
#   @@livemig CODE WORDS              as in FleetError
#   @@livemig end

unset ENV BASH_ENV CDPATH
LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin:/usr/bin:/bin
export LC_ALL PATH
set -u
path=$1 limit=$2

answer() { printf '@@livemig %s\n' "$*"; }
fail() {
  answer "$@"
  exit 1
}

printf '\n'
[ -e "$path" ] || {
  said=$(ls -d "$path" 2>&1)
  case $said in
    *'Permission denied'*) fail no-permission "$said" ;;
    *) fail not-found "there is no $path" ;;
  esac
}
time=$(stat -L -c %Y "$path" 2>/dev/null) || time=0
if [ -d "$path" ]; then
  [ -r "$path" ] && [ -x "$path" ] || fail no-permission "$path: Permission denied"
  answer "folder 0 $time"
  for entry in "$path"/* "$path"/.[!.]* "$path"/..?*; do
    name=${entry##*/}
    case $name in *'
'*) continue ;; esac
    if [ -d "$entry" ]; then answer "entry folder $name"
    elif [ -f "$entry" ]; then answer "entry file $name"
    fi
  done
elif [ -f "$path" ]; then
  [ -r "$path" ] || fail no-permission "$path: Permission denied"
  size=$(wc -c <"$path")
  size=$((size))
  answer "file $size $time"
  if [ "$size" -le "$limit" ]; then
    # Counted once more as it is sent: it may have grown.
    answer "content $size"
    head -c "$size" "$path"
    printf '\n'
  fi
else
  fail refused "$path is no regular file"
fi
answer end
