#!/bin/sh
# avx512-emulated.sh [--hashes-only]
#
# Runs build/c/hash and build/c/abi with SWIFTREG_ISA=avx512 on a CPU that need not have AVX-512:
# Bochs emulates one, booting Linux from an image that is made here. The hashes, among them that of
# the notebook's 30000 iterations, must be those of avx2, in the emulator and, if this CPU has it,
# outside. Ends with a line PASS or FAIL, and exits with 0 or 1. Takes up to an hour, half of it with
# hashes only. No root is needed.
#
# KERNEL=path names the Linux kernel to boot (x86-64, 5.19 or later, with a serial console and
# initramfs); otherwise Debian's linux-image-cloud-amd64 is downloaded, and only unpacked.
cd "$(dirname "$0")/.." || exit 1
config=scripts/avx512
bin=build/c
out=build/avx512
plugins=/usr/lib/x86_64-linux-gnu/bochs/plugins
hours=3

die() {
    printf 'avx512-emulated: %s\n' "$*" >&2
    exit 1
}

# ---- Prerequisites ------------------------------------------------------------------------

missing=
needs() { # needs PACKAGE TEST...
    package=$1
    shift
    "$@" >/dev/null 2>&1 || missing="$missing $package"
}

check_prerequisites() {
    [ "$(uname -m)" = x86_64 ] || die "the programs under test must be x86-64, not $(uname -m)"
    needs bochs command -v bochs
    needs bochs-sdl test -e $plugins/libbx_sdl2_gui.so
    needs bochsbios test -e /usr/share/bochs/BIOS-bochs-latest
    needs vgabios test -e /usr/share/vgabios/vgabios.bin
    needs isolinux test -e /usr/lib/ISOLINUX/isolinux.bin
    needs syslinux-common test -e /usr/lib/syslinux/modules/bios/ldlinux.c32
    needs xorriso command -v xorriso
    needs busybox-static command -v busybox
    needs cpio command -v cpio
    [ -z "$missing" ] || die "this machine lacks$missing
  sudo apt-get install --no-install-recommends$missing"
    for program in abi hash; do
        [ -x $bin/$program ] || die "$bin/$program is not built: make $bin/$program"
    done
}

# ---- The image ----------------------------------------------------------------------------

find_kernel() {
    [ -n "${KERNEL-}" ] || fetch_kernel
    cp "${KERNEL:-$out/kernel/vmlinuz}" $out/iso/vmlinuz || die "no kernel"
}

fetch_kernel() {
    [ ! -e $out/kernel/vmlinuz ] || return 0
    package=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null |
        sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
    [ -n "$package" ] || die "apt knows no linux-image-cloud-amd64
  sudo apt-get update, or name a kernel: KERNEL=/boot/vmlinuz-... $0"
    mkdir -p $out/kernel
    (cd $out/kernel && apt-get download -q "$package" &&
        dpkg-deb -x "$package"_*.deb unpacked) >$out/apt.log 2>&1 || {
        cat $out/apt.log >&2
        die "cannot download $package"
    }
    mv $out/kernel/unpacked/boot/vmlinuz-* $out/kernel/vmlinuz
    rm -rf $out/kernel/unpacked $out/kernel/*.deb
}

# Puts a program under a root, with the shared libraries that it is linked with.
install_program() { # install_program PROGRAM PATH_IN_GUEST
    cp -L "$1" "$root$2" || die "no $1"
    ldd "$1" 2>/dev/null | sed -n 's|^[^/]*\(/[^ ]*\) .*|\1|p' | grep -v libSwiftReg |
        while read -r library; do
            mkdir -p "$root$(dirname "$library")" && cp -L "$library" "$root$library"
        done
}

make_image() {
    root=$out/root
    rm -rf $root $out/iso $out/guest.iso
    mkdir -p $root/bin $root/dev $root/proc $root/tmp $root/test/c $root/test/lib $out/iso
    install_program "$(command -v busybox)" /bin/busybox
    ln -s busybox $root/bin/sh
    install_program $bin/hash /test/c/hash
    install_program $bin/abi /test/c/abi
    cp build/lib/libSwiftReg.so.0 $root/test/lib || die "no library: make lib"
    cp $config/init $root/init && chmod +x $root/init
    [ "$1" != --hashes-only ] || touch $root/test/hashes-only
    (cd $root && find . | cpio -o -H newc -R 0:0 --quiet) >$out/iso/initrd || die "no initramfs"
    find_kernel
    cp /usr/lib/ISOLINUX/isolinux.bin /usr/lib/syslinux/modules/bios/ldlinux.c32 \
        $config/isolinux.cfg $out/iso
    xorriso -as mkisofs -quiet -o $out/guest.iso -b isolinux.bin -c boot.cat -no-emul-boot \
        -boot-load-size 4 -boot-info-table $out/iso 2>$out/xorriso.log || {
        cat $out/xorriso.log >&2
        die "no image"
    }
}

# ---- The run ------------------------------------------------------------------------------

run_guest() {
    cp $config/bochsrc $out/bochsrc
    rm -f $out/*.lock $out/console.log $out/results.log
    # Debian builds Bochs with its debugger, which waits for the command to continue.
    echo continue >$out/commands
    debugger=
    ! bochs --help 2>&1 | grep -q -e '-rc ' || debugger='-rc commands'
    # shellcheck disable=SC2086
    (cd $out && SDL_VIDEODRIVER=dummy SDL_AUDIODRIVER=dummy \
        exec timeout ${hours}h bochs -q -f bochsrc $debugger >bochs.out 2>&1 </dev/null) &
    guest=$!
    trap 'kill $guest; die "stopped by a signal"' HUP INT TERM
    wait $guest
    [ $? -ne 124 ] || echo "Stopped after $hours hours."
    grep -q '^end' $out/results.log 2>/dev/null || {
        tail -n 20 $out/bochs.out $out/console.log >&2
        die "the guest did not run (see $out/bochs.out and $out/console.log)"
    }
}

# Prints the guest's output of one run; fails if that run failed.
result() {
    sed -n "/^begin $1\$/,/^end $1 /{//!p;}" $out/results.log
    grep -q "^end $1 0\$" $out/results.log
}

# Prints the hashes of all runs, one kernel per line; fails if one differs from that of the first run.
compare() { # compare NAME...
    (cd $out && awk '
        FNR == 1 { runs++ }
        { count[$2]++; row[$2] = row[$2] " " $3
          if (runs == 1) { order[++kernels] = $2; first[$2] = $3 }
          if (first[$2] != $3) different[$2] }
        END { for (name in count) if (!(name in first)) order[++kernels] = name
              printf "  %-18s", ""
              for (i = 1; i < ARGC; i++) printf " %-16s", ARGV[i]
              print ""
              for (i = 1; i <= kernels; i++) {
                  name = order[i]
                  same = !(name in different) && count[name] == ARGC - 1
                  bad += !same
                  printf "  %-18s%s %s\n", name, row[name], same ? "same" : "DIFFERENT"
              }
              exit kernels == 0 || bad > 0 }' "$@")
}

check_results() {
    for run in avx2 avx512-1 avx512-2; do
        result $run >$out/$run || { echo "hashes, $run, failed:"; cat $out/$run; failed=1; }
    done
    native=
    if grep -qw avx2 /proc/cpuinfo && grep -qw fma /proc/cpuinfo; then
        native='native-avx2'
        SWIFTREG_ISA=avx2 SWIFTREG_NUM_THREADS=1 $bin/hash 30000 >$out/$native || failed=1
    else
        echo "This CPU has no AVX2: avx512 is compared with the emulated avx2 only."
    fi
    echo "Hashes (-1, -2: threads):"
    # shellcheck disable=SC2086
    compare $native avx2 avx512-1 avx512-2 || failed=1
    [ "$1" != --hashes-only ] || return 0
    echo "C tests:"
    result abi >$out/abi || failed=1
    sed 's/^/  /' $out/abi
    grep -q '^avx512: [1-9][0-9]* checks, 0 failures$' $out/abi || failed=1
}

case ${1-} in
'' | --hashes-only) ;;
*) die "unknown argument: $1" ;;
esac
check_prerequisites
mkdir -p $out/iso
make_image "${1-}"
start=$(date +%s)
echo "Bochs runs the programs as a Skylake-X; results appear in $out/results.log."
run_guest
failed=0
check_results "${1-}"
if [ $failed -eq 0 ]; then verdict=PASS; else verdict=FAIL; fi
echo "$verdict: avx512, emulated ($(($(date +%s) - start)) s)"
exit $failed
