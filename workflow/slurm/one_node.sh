#!/bin/sh
# Makes a cluster of one node out of the machine this runs on: a fresh Debian, as root. To try the templates beside it
# before a real cluster sees them; not a way to set up a cluster for others.
#     sh workflow/slurm/one_node.sh          install, configure, start, and run a job to prove it
#     sh workflow/slurm/one_node.sh stop     stop what was started
# It overwrites /etc/slurm/slurm.conf and answers on the loopback address alone.
set -eu
export DEBIAN_FRONTEND=noninteractive
host=$(hostname -s)

daemon_of() { cat "/run/$1" 2>/dev/null || true; }
alive() { [ -n "$1" ] && kill -0 "$1" 2>/dev/null; }

stop() {
    if [ -d /run/systemd/system ]; then
        systemctl stop slurmd slurmctld munge
        return
    fi
    for file in slurmd.pid slurmctld.pid munge/munged.pid; do
        pid=$(daemon_of "$file")
        if alive "$pid"; then kill "$pid"; fi
        for _ in $(seq 50); do alive "$pid" || break; sleep 0.2; done
    done
}

if [ "${1:-start}" = stop ]; then stop; exit 0; fi

if ! command -v slurmctld >/dev/null || ! command -v munged >/dev/null; then
    apt-get -o DPkg::Lock::Timeout=600 update
    apt-get -o DPkg::Lock::Timeout=600 install -y --no-install-recommends slurm-wlm munge
fi
stop

# The key by which the daemons know each other; the package usually makes it.
if [ ! -s /etc/munge/munge.key ]; then
    (umask 077; head -c 1024 /dev/urandom > /etc/munge/munge.key)
    chown munge:munge /etc/munge/munge.key
fi

# Two settings keep jobs from hanging where no systemd hands out control groups (containers, small virtual machines):
# ProctrackType says how the processes of a job are found again, TaskPlugin how they are bound to cores. With control
# groups, the default of the first and of many clusters for the second, a job cannot be started there, the node is
# drained, and every job after it waits for good (or never leaves the state CG).
# MinJobAge is how long a finished job can still be asked for: Snakemake's plugin needs it where there is no accounting.
cat > /etc/slurm/slurm.conf <<CONF
ClusterName=one
SlurmctldHost=$host(127.0.0.1)
SlurmUser=slurm
AuthType=auth/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=sched_interval=5
MinJobAge=300
MpiDefault=none
ReturnToService=2
KillWait=10
StateSaveLocation=/var/lib/slurm/slurmctld
SlurmdSpoolDir=/var/lib/slurm/slurmd
SlurmctldPidFile=/run/slurmctld.pid
SlurmdPidFile=/run/slurmd.pid
SlurmctldLogFile=/var/log/slurm/slurmctld.log
SlurmdLogFile=/var/log/slurm/slurmd.log
$(slurmd -C | grep '^NodeName=') NodeAddr=127.0.0.1 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
install -d -o slurm -g slurm /var/lib/slurm/slurmctld /var/log/slurm
install -d /var/lib/slurm/slurmd

if [ -d /run/systemd/system ]; then
    systemctl restart munge slurmctld slurmd
else
    install -d -o munge -g munge /run/munge
    # The controller writes its number before it gives up root.
    runuser -u munge -- munged
    slurmctld
    slurmd
fi

for _ in $(seq 60); do
    state=$(sinfo --noheader --format=%T 2>/dev/null | head -n 1)
    case $state in
        idle) break ;;
        # By an earlier job that could not be started.
        drain*) scontrol update NodeName="$host" State=RESUME ;;
    esac
    sleep 0.5
done
sinfo
# Ends only when a job has really run; srun gives exit code 0 for some jobs that could not be started.
said=$(timeout 120 srun --ntasks=1 --time=1 echo "a job ran" || true)
if [ "$said" != "a job ran" ]; then
    echo "no job could be run; see /var/log/slurm/slurmd.log" >&2
    exit 1
fi
echo "one node, and $said on $host"
