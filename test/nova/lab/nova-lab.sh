#!/bin/bash
# A small, real OpenStack Nova (Debian's packages) on loopback: only its hypervisor is simulated (labdriver.py), and it has no
# networks (nullneutron.py).
#   nova-lab.sh run                  brings it up in a folder of its own, says which, and takes it away at the end of its input
#   nova-lab.sh start FOLDER NAME    one of its services: nova-api, keystone …
#   nova-lab.sh stop FOLDER NAME
#   nova-lab.sh possible             why there can be none here; nothing where there can
# NOVA_LAB_HOSTS   its compute services   (default: "compute1 compute2")
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
HOSTS=${NOVA_LAB_HOSTS:-compute1 compute2}
PW=lab-secret
PY=/usr/bin/python3
RMQ=$(ls -d /usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin 2>/dev/null | head -1 || true)
export PYTHONPATH=$here PYTHONDONTWRITEBYTECODE=1
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY all_proxy ALL_PROXY || true

possible() {
  local p
  for p in /usr/sbin/mariadbd /usr/share/nova-common/api-paste.ini /usr/share/glance-common/glance-api-paste.ini; do
    [ -e "$p" ] || { echo "no $p"; return; }
  done
  [ -n "$RMQ" ] || { echo "no rabbitmq-server"; return; }
  for p in nova keystone placement glance; do
    [ -d "/usr/lib/python3/dist-packages/$p" ] || { echo "no python3-$p"; return; }
  done
}

ports() {
  KS=$BASE PL=$((BASE+1)) GL=$((BASE+2)) NV=$((BASE+3)) NT=$((BASE+4)) MQ=$((BASE+5)) DIST=$((BASE+6)) EPMD=$((BASE+7))
}

# Eight ports in a row that nobody listens on.
choose_ports() {
  local i p
  for ((i=0;i<200;i++)); do
    BASE=$((20000 + (RANDOM % 1100) * 10))
    for ((p=BASE;p<BASE+8;p++)); do (exec 3<>/dev/tcp/127.0.0.1/$p) 2>/dev/null && continue 2; done
    ports; echo "$BASE" >"$LAB/base"; return 0
  done
  echo "no eight free ports in a row" >&2; return 1
}

dburl() { echo "mysql+pymysql://root@localhost/$1?unix_socket=$LAB/run/sql.sock&charset=utf8"; }

start() { # start NAME COMMAND...
  local n=$1; shift
  setsid "$@" >>"$LAB/log/$n.out" 2>&1 </dev/null &
  local pid=$!
  disown
  echo "$pid $(awk '{print $22}' /proc/$pid/stat)" >"$LAB/run/$n.pid"
}
startpy() { local n=$1 m=$2; shift 2; start "$n" $PY "$here/run.py" "$n" "$m" "$@" --log-file "$LAB/log/$n.log"; }

alive() { # alive PIDFILE : the very process that was started
  local pid t; read -r pid t <"$1" || return 1
  [ -r "/proc/$pid/stat" ] && [ "$(awk '{print $22}' "/proc/$pid/stat" 2>/dev/null)" = "$t" ]
}

wait_port() { # wait_port PORT SECONDS NAME
  local i; for ((i=0;i<$2*10;i++)); do
    (exec 3<>/dev/tcp/127.0.0.1/$1) 2>/dev/null && return 0
    [ ! -e "$LAB/run/$3.pid" ] || alive "$LAB/run/$3.pid" || break
    sleep 0.1; done
  echo "$3 does not listen on $1: $(tail -n 3 "$LAB/log/$3.out")" >&2; return 1
}

config() {
  mkdir -p "$LAB"/{etc,log,run,db,images,state,rabbit,fernet,credential}
  cat >"$LAB/etc/keystone.conf" <<X
[DEFAULT]
log_dir = $LAB/log
log_file = keystone.log
[database]
connection = $(dburl keystone)
[fernet_tokens]
key_repository = $LAB/fernet
[credential]
key_repository = $LAB/credential
[token]
expiration = 86400
[identity]
password_hash_rounds = 4
[cache]
enabled = false
X
  local auth="auth_type = password
auth_url = http://127.0.0.1:$KS/v3
username = admin
password = $PW
project_name = admin
user_domain_id = default
project_domain_id = default
region_name = RegionOne"
  cat >"$LAB/etc/placement.conf" <<X
[DEFAULT]
log_file = $LAB/log/placement.log
[api]
auth_strategy = keystone
[placement_database]
connection = $(dburl placement)
[keystone_authtoken]
www_authenticate_uri = http://127.0.0.1:$KS
$auth
X
  cat >"$LAB/etc/glance-api.conf" <<X
[DEFAULT]
bind_host = 127.0.0.1
bind_port = $GL
workers = 1
enabled_backends = file:file
[glance_store]
default_backend = file
[file]
filesystem_store_datadir = $LAB/images
[os_glance_staging_store]
filesystem_store_datadir = $LAB/state/staging
[os_glance_tasks_store]
filesystem_store_datadir = $LAB/state/tasks
[database]
connection = $(dburl glance)
[paste_deploy]
flavor = keystone
config_file = /usr/share/glance-common/glance-api-paste.ini
[keystone_authtoken]
www_authenticate_uri = http://127.0.0.1:$KS
$auth
X
  cat >"$LAB/etc/nova.conf" <<X
[DEFAULT]
my_ip = 127.0.0.1
transport_url = rabbit://guest:guest@127.0.0.1:$MQ/
state_path = $LAB/state
enabled_apis = osapi_compute
osapi_compute_listen = 127.0.0.1
osapi_compute_listen_port = $NV
osapi_compute_workers = 1
service_down_time = 60
report_interval = 5
rpc_response_timeout = 60
graceful_shutdown_timeout = 2
long_rpc_timeout = 120
vif_plugging_timeout = 0
vif_plugging_is_fatal = false
force_config_drive = false
[api]
auth_strategy = keystone
[wsgi]
api_paste_config = /usr/share/nova-common/api-paste.ini
[api_database]
connection = $(dburl nova_api)
[database]
connection = $(dburl nova_cell1)
[conductor]
workers = 1
[scheduler]
workers = 1
discover_hosts_in_cells_interval = 3
[keystone_authtoken]
token_cache_time = 10
www_authenticate_uri = http://127.0.0.1:$KS
$auth
[placement]
$auth
[service_user]
send_service_user_token = false
[glance]
$auth
[neutron]
$auth
[oslo_concurrency]
lock_path = $LAB/run
[oslo_messaging_rabbit]
heartbeat_timeout_threshold = 0
rabbit_retry_interval = 1
[vnc]
enabled = false
[filter_scheduler]
track_instance_changes = false
[compute]
# What a test wrote into placement stays.
resource_provider_association_refresh = 0
X
  local h
  for h in $HOSTS; do
    mkdir -p "$LAB/state/$h/instances"
    cat >"$LAB/etc/$h.conf" <<X
[DEFAULT]
host = $h
resume_guests_state_on_host_boot = false
state_path = $LAB/state/$h
compute_driver = labdriver.LabDriver
instances_path = $LAB/state/$h/instances
[database]
connection =
[api_database]
connection =
X
  done
}

up_rabbit() {
  echo '[].' >"$LAB/rabbit/enabled_plugins"
  printf 'loopback_users = none\nlisteners.tcp.1 = 127.0.0.1:%s\ndisk_free_limit.absolute = 50MB\n' "$MQ" >"$LAB/rabbit/rabbitmq.conf"
  ( export RABBITMQ_NODENAME=novalab$BASE@localhost RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 RABBITMQ_NODE_PORT=$MQ \
      RABBITMQ_DIST_PORT=$DIST ERL_EPMD_PORT=$EPMD ERL_EPMD_ADDRESS=127.0.0.1 HOME=$LAB/rabbit \
      RABBITMQ_MNESIA_BASE=$LAB/rabbit RABBITMQ_LOG_BASE=$LAB/log RABBITMQ_LOGS=$LAB/log/rabbit.log \
      RABBITMQ_ENABLED_PLUGINS_FILE=$LAB/rabbit/enabled_plugins RABBITMQ_PID_FILE=$LAB/rabbit/pid \
      RABBITMQ_CONFIG_FILE=$LAB/rabbit/rabbitmq RABBITMQ_CONF_ENV_FILE=/dev/null \
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}"
    start epmd epmd -address 127.0.0.1 -port "$EPMD"
    wait_port "$EPMD" 30 epmd
    start rabbit "$RMQ/rabbitmq-server" )
}

up_sql() {
  start mariadb /usr/sbin/mariadbd --no-defaults --user="$(id -un)" --datadir="$LAB/db" --socket="$LAB/run/sql.sock" --pid-file="$LAB/run/sql" \
    --skip-networking --skip-grant-tables --lc-messages-dir=/usr/share/mysql --character-set-server=utf8mb3 --collation-server=utf8mb3_general_ci \
    --performance-schema=0 --innodb-buffer-pool-size=96M --innodb-log-file-size=32M --innodb-flush-log-at-trx-commit=0 --innodb-doublewrite=0 \
    --innodb-flush-method=nosync --max-connections=400 --tmpdir="$LAB/state"
  local i; for ((i=0;i<600;i++)); do [ -S "$LAB/run/sql.sock" ] && return 0; sleep 0.1; done
  echo "the database server does not come up: $(tail -n 3 "$LAB/log/mariadb.out")" >&2; return 1
}

databases() {
  local what pids=()
  $PY -c 'import pymysql,sys
c=pymysql.connect(unix_socket=sys.argv[1],user="root").cursor()
for n in sys.argv[2:]: c.execute("create database if not exists "+n)' "$LAB/run/sql.sock" keystone placement glance nova_api nova_cell0 nova_cell1
  for what in identity compute placement image; do
    $PY "$here/init.py" $what "$LAB/etc" "$LAB/run/sql.sock" $PW "$BASE" >"$LAB/log/db-$what.out" 2>&1 & pids+=($!)
  done
  for what in "${pids[@]}"; do
    wait "$what" || { echo "a database could not be made: $(tail -n 3 "$LAB"/log/db-*.out)" >&2; return 1; }
  done
}

begin() { # begin NAME : one service
  local nova=(--config-file "$LAB/etc/nova.conf")
  case $1 in
    keystone) start keystone env OS_KEYSTONE_CONFIG_DIR="$LAB/etc" $PY "$here/serve.py" keystone.server.wsgi:initialize_public_application "$KS";;
    placement) start placement env OS_PLACEMENT_CONFIG_DIR="$LAB/etc" $PY "$here/serve.py" placement.wsgi:init_application "$PL";;
    neutron) start neutron $PY "$here/nullneutron.py" "$NT";;
    glance-api) startpy glance-api glance.cmd.api --config-file "$LAB/etc/glance-api.conf";;
    nova-api) startpy nova-api nova.cmd.api_os_compute "${nova[@]}";;
    nova-conductor) startpy nova-conductor nova.cmd.conductor "${nova[@]}";;
    nova-scheduler) startpy nova-scheduler nova.cmd.scheduler "${nova[@]}";;
    *) start "$1" $PY "$here/run.py" nova-compute nova.cmd.compute "${nova[@]}" --config-file "$LAB/etc/$1.conf" --log-file "$LAB/log/$1.log";;
  esac
}

halt() { # halt NAME
  local p t i f=$LAB/run/$1.pid
  if alive "$f"; then read -r p t <"$f"; kill -TERM -- "-$p" 2>/dev/null || true
    for ((i=0;i<100;i++)); do alive "$f" || break; sleep 0.1; done
    alive "$f" && kill -KILL -- "-$p" 2>/dev/null || true
  fi; rm -f "$f"
}

up() {
  local h
  config
  up_rabbit
  up_sql
  begin neutron
  databases
  for h in keystone placement; do begin $h; done
  wait_port "$KS" 120 keystone
  wait_port "$MQ" 120 rabbit
  for h in nova-conductor nova-scheduler glance-api nova-api; do begin $h; done
  $PY "$here/seed.py" endpoints "http://127.0.0.1:$KS/v3" $PW "$BASE"
  wait_port "$PL" 120 placement
  for h in $HOSTS; do begin "$h"; done
  wait_port "$GL" 120 glance-api; wait_port "$NV" 120 nova-api
  # shellcheck disable=SC2086
  $PY "$here/seed.py" resources "http://127.0.0.1:$KS/v3" $PW $HOSTS
}

# Nothing is kept of it: it is not asked to end.
down() {
  local f pid t i left
  for f in "$LAB"/run/*.pid; do [ -e "$f" ] && alive "$f" || continue
    read -r pid t <"$f"; kill -KILL -- "-$pid" 2>/dev/null || true
  done
  for ((i=0;i<50;i++)); do
    left=0
    for f in "$LAB"/run/*.pid; do [ -e "$f" ] && alive "$f" && left=1; done
    [ $left = 0 ] && break; sleep 0.1
  done
}

wipe() { trap '' INT TERM HUP; down || true; rm -rf "$LAB" || { sleep 1; rm -rf "$LAB"; }; }

case ${1:-} in
  possible) possible;;
  run)
    LAB=$(mktemp -d "${TMPDIR:-/tmp}/nova-lab-XXXXXX")
    trap wipe EXIT; trap 'exit 1' INT TERM HUP
    choose_ports
    up
    echo "$LAB"
    cat >/dev/null;;
  start|stop)
    LAB=$2; BASE=$(cat "$LAB/base"); ports
    if [ "$1" = start ]; then begin "$3"; else halt "$3"; fi;;
  *) sed -n '2,9p' "$0"; exit 2;;
esac
