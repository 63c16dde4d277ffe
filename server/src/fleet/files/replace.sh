# Replaces a file whole or not at all, or removes it. Its new content comes on standard input.
#
#   sh -c SCRIPT livemig-replace PATH EXPECTED SUM LENGTH NONCE MODE LIKE
#
#   PATH      absolute; of a symbolic link what it leads to is replaced, and the link stays
#   EXPECTED  SHA-256 of the content that the file must have now, or `none`: there must be no file
#   SUM       SHA-256 of the new content, or `none`: the file is removed
#   LENGTH    of the new content, in bytes
#   NONCE     letters and digits that nobody can guess
#   MODE      of a file that is new, e.g. 0644; 0640 goes with the group of the folder
#   LIKE      a file whose mode and owner a new file gets, where it is there; may be empty
#
# POSIX sh: dash, bash, busybox. The answer is one line, found wherever it stands among what else a login says:
#
#   @@livemig done TIME       when it was written, in seconds since 1970
#   @@livemig CODE WORDS      nothing was changed; CODE as in FleetError
#
# The new content is written into a hidden file beside it, which no daemon takes for one of its own by that name, and flushed.
# Only when all of it has come does it get the name, in one step. What a run leaves that was killed the next one removes.

unset ENV BASH_ENV CDPATH
LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin
export LC_ALL PATH
set -u
umask 077

path=$1 expected=$2 sum=$3 length=$4 nonce=$5 mode=$6 like=$7
beside='' said=''

answer() { printf '\n@@livemig %s\n' "$*"; }

fail() {
  [ -z "$beside" ] || rm -f "$beside"
  answer "$@"
  exit 1
}

# What a program said in the words of the kernel, which LC_ALL keeps English.
because() {
  case $said in
    *'No space left'* | *'quota exceeded'* | *'File too large'*) code=no-space ;;
    *'Read-only file system'*) code=read-only ;;
    *'Permission denied'* | *'Operation not permitted'*) code=no-permission ;;
    *) code=refused ;;
  esac
  # One line, as the answer is.
  fail "$code" "$(printf '%s' "$said" | tr '\n' ' ')"
}

trap 'fail cancelled "the script was told to end"' HUP INT TERM

have() { command -v "$1" >/dev/null 2>&1; }

if have sha256sum; then
  sum_of() { sha256sum <"$1"; }
elif have openssl; then
  sum_of() { openssl dgst -sha256 -r <"$1"; }
else
  fail refused 'the node has neither sha256sum nor openssl, by which contents are compared'
fi

target=$path
if [ -L "$path" ]; then target=$(readlink -f "$path" 2>/dev/null) || fail not-found "$path is a link that leads nowhere"; fi
folder=${target%/*}
folder=${folder:-/}
[ -d "$folder" ] || fail not-found "there is no folder $folder"
[ ! -d "$target" ] || fail is-folder "$target is a folder"
[ ! -e "$target" ] || [ -f "$target" ] || fail refused "$target is no regular file"

# Whether the file is still the one that the caller knows.
unchanged() {
  if [ ! -e "$target" ]; then
    [ "$expected" = none ] || fail conflict "$target is not there any more"
    return
  fi
  [ "$expected" != none ] || fail conflict "$target is there already"
  now=$( { sum_of "$target"; } 2>&1) || { said=$now; because; }
  [ "${now%%[ *]*}" = "$expected" ] || fail conflict "$target has changed"
}
unchanged

# Folders are flushed where sync(1) takes names; elsewhere it flushes all there is.
flush() {
  if said=$(sync "$1" 2>&1); then return 0; fi
  case $said in *'No space'* | *'quota'* | *'nput/output'* | *'Read-only'*) return 1 ;; esac
  sync
}

if [ "$sum" = none ]; then
  said=$(rm -f "$target" 2>&1) || because
  flush "$folder" || :
  answer 'done'
  exit 0
fi

# Whether a number is that of a run like this one; it may be another program's by now, or that of one whom nobody buries.
runs() {
  if [ -r /proc/self/cmdline ]; then grep -qs livemig-replace "/proc/$1/cmdline"; else kill -0 "$1" 2>/dev/null; fi
}
# Whoever wrote these does not run any more.
for left in "$folder"/.livemig-*.tmp; do
  pid=${left##*/.livemig-}
  pid=${pid%%-*}
  case $pid in '' | *[!0-9]*) continue ;; esac
  runs "$pid" || rm -f "$left"
done

name=$folder/.livemig-$$-$nonce.tmp
said=$( { set -C; : >"$name"; } 2>&1) || because
beside=$name
said=$( { cat >"$beside"; } 2>&1) || because
come=$(wc -c <"$beside")
[ "$come" -eq "$length" ] || fail lost "only $((come)) of $length bytes came"
now=$( { sum_of "$beside"; } 2>&1) || { said=$now; because; }
[ "${now%%[ *]*}" = "$sum" ] || fail refused 'what was written is not what was sent'

# `same_rights FILE`: mode, owner and group of FILE, and access lists, attributes and SELinux context where there are tools for them.
same_rights() {
  if cp --attributes-only --preserve=mode,ownership "$1" "$beside" 2>/dev/null; then
    cp --attributes-only --preserve=xattr "$1" "$beside" 2>/dev/null || :
  elif rights=$(stat -c '%u:%g %a' "$1" 2>/dev/null); then
    said=$( { chown "${rights% *}" "$beside" && chmod "${rights#* }" "$beside"; } 2>&1) || because
    if have getfacl && have setfacl; then getfacl -p "$1" 2>/dev/null | setfacl --set-file=- "$beside" 2>/dev/null || :; fi
  else
    fail refused "the mode and owner of $1 cannot be told: neither cp --attributes-only nor stat -c is there"
  fi
  ! have chcon || chcon --reference="$1" "$beside" 2>/dev/null || :
  # A login that is not root cannot give files away: better no change than a daemon that cannot read it.
  want=$(ls -lnd "$1" | tr -s ' ' | cut -d ' ' -f 1,3,4)
  got=$(ls -lnd "$beside" | tr -s ' ' | cut -d ' ' -f 1,3,4)
  [ "$want" = "$got" ] || fail no-permission "the owner and mode of $1 cannot be kept ($want became $got)"
}

if [ -e "$target" ]; then
  same_rights "$target"
elif [ -n "$like" ] && [ -f "$like" ]; then
  same_rights "$like"
else
  said=$(chmod "$mode" "$beside" 2>&1) || because
  if [ "$mode" = 0640 ]; then
    group=$(ls -lnd "$folder" | tr -s ' ' | cut -d ' ' -f 4)
    said=$(chgrp "$group" "$beside" 2>&1) || because
  fi
  ! have restorecon || restorecon "$beside" 2>/dev/null || :
fi
flush "$beside" || because

unchanged
if [ "$expected" = none ] && ln "$beside" "$target" 2>/dev/null; then
  # A link never replaces what somebody made meanwhile.
  rm -f "$beside"
else
  unchanged
  said=$(mv -f "$beside" "$target" 2>&1) || {
    case $said in *busy*) said="$target is a mount of its own, as in a container, and can only be changed where it comes from: $said" ;; esac
    because
  }
fi
beside=''
flush "$folder" || :
answer "done $(stat -c %Y "$target" 2>/dev/null || date +%s)"
