# shellcheck shell=bash
# Guests of the lab; sourced by lab.sh.

# A boot sector (boot.s): writes two words into each page of DIRTY MiB from 2 MiB up, for ever, and sleeps DELAY / 6 µs a page.
boot_sector() {
  local dirty=$1 delay=$2 word
  base64 -d <<<'H4sIAAAAAAACA/tleKDvRt+Bvgt7GAp2MKqcFX0yiYdJ5d+zSfyMYgy1/AoHeBj5lQ6kvdKrYWDgYEjbIcAAV87AsEHwmcKzBRsUnilu0Hi2cAMLkGYC0ozPFIHkPyDvP5A2eea8Yc4zhw16zxx23AOawgsyaDFDIgPDcVYWIMnQx8DAzyjLVsvA8NvwreE31/0MDAoM/Nt5NwBFDj7k6Hxh+KOTvbMdqIuh8TiDAAND81/GEin+7aKbgAoYrzX+S3jFwFDE+aXxHYjx+v2js2m7fjBv0Hv3eksA0G0KEed7yxhg4P9/IDHrPISedJ5BnOEF0E3sjAwJDEMCAACy0xURsAEAAA==' |
    gzip -dc | {
    cat
    for word in "$dirty" "$delay"; do
      printf '%b' "$(printf '\\x%02x\\x%02x' $((word & 255)) $((word >> 8)))"
    done
    head -c 74 /dev/zero
    printf '\x55\xaa'
  }
}

# `guest NODE NAME [KEY=VALUE…]`: defines and starts it.
guest() {
  local node=$1 name=$2 mem=128 dirty=64 delay=0 type=qemu disk=shared cache=none cpu='' vnc=0.0.0.0 size=16 pair folder
  shift 2
  for pair; do
    case ${pair%%=*} in
      mem | dirty | delay | type | disk | cache | cpu | vnc | size) printf -v "${pair%%=*}" %s "${pair#*=}" ;;
      *) die "guest: $pair" ;;
    esac
  done
  case $disk in
    shared) folder=/var/lib/nova/instances/$name ;;
    local) folder=/var/lib/libvirt/images/$name ;;
    *) folder=$disk ;;
  esac
  # shellcheck disable=SC2016 # the node's own shell puts the words in their places
  boot_sector "$dirty" "$delay" | enter "$node" sh -ec '
    mkdir -p "$1"
    cat >"$1/boot"
    truncate -s "$2M" "$1/boot"
    [ -e "$1/disk" ] || qemu-img convert -q -O qcow2 "$1/boot" "$1/disk"
    rm "$1/boot"
    chmod 644 "$1/disk"' sh "$folder" "$size" || return 1
  local screen=''
  [ "$vnc" = none ] || screen="<graphics type='vnc' port='-1' autoport='yes' listen='$vnc'><listen type='address' address='$vnc'/></graphics>
    <video><model type='cirrus'/></video>"
  # shellcheck disable=SC2016
  enter "$node" sh -c 'cat >"/run/lab/$1.xml"; virsh -q define "/run/lab/$1.xml" && virsh -q start "$1"' sh "$name" <<END
<domain type='$type'><name>$name</name><memory unit='MiB'>$mem</memory><vcpu>1</vcpu>$cpu
  <os><type arch='x86_64' machine='pc'>hvm</type><boot dev='hd'/></os><features><acpi/></features>
  <devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='file' device='disk'><driver name='qemu' type='qcow2' cache='$cache'/><source file='$folder/disk'/><target dev='hda' bus='ide'/></disk>
    <serial type='null'/>$screen<memballoon model='none'/></devices>
</domain>
END
}
