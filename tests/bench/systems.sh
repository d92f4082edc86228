# What is compared: every system as KIND@LEVEL, packing the directory $dir into $file.  Sourced by bench.sh.
#
# Levels are zstd's, but zip's is deflate's.  capsa@9, tar@3, squashfs@15, zim@19 and zip@6 are their programs' defaults;
# capsa+d is capsa with --dictionary=auto.  zim@19 goes without its index for full text, zim+ft@19, its default, with it.

# The shell command that packs.
system_pack() {
	level=${1#*@}
	case $1 in
	capsa@*) echo "capsa pack --quiet --level $level -o $file $dir" ;;
	capsa+d@*) echo "capsa pack --quiet --level $level --dictionary=auto -o $file $dir" ;;
	tar@*) echo "tar --sort=name -C $dir -cf - . | zstd -q -T0 -$level -o $file" ;;
	squashfs@*) echo "mksquashfs $dir $file -comp zstd -Xcompression-level $level -quiet -no-progress" ;;
	zim@*) echo "zimwriterfs -j $zim_about $dir $file 2>/dev/null" ;;
	zim+ft@*) echo "zimwriterfs $zim_about $dir $file 2>/dev/null" ;;
	zip@*) echo "cd $dir && zip -q -r -$level $file ." ;;
	esac
}
zim_about='-w index.html -I illustration.png -l eng -n bench -t bench -d bench -c bench -p bench'

# The command, without a shell, that writes the article {} to standard output.
system_get() {
	case $1 in
	capsa*) echo "capsa get $file {}" ;;
	tar*) echo "tar --zstd -xOf $file ./{}" ;;
	squashfs*) echo "unsquashfs -cat $file {}" ;;
	zim*) echo "zimdump show --ns=C --url={} $file" ;;
	zip*) echo "unzip -p $file {}" ;;
	esac
}

system_list() {
	case $1 in
	capsa*) echo "capsa list $file" ;;
	tar*) echo "tar --zstd -tf $file" ;;
	squashfs*) echo "unsquashfs -l $file" ;;
	zim*) echo "zimdump list $file" ;;
	zip*) echo "unzip -Z1 $file" ;;
	esac
}

# As far as each of them knows whether it is whole; squashfs has no checksums.
system_verify() {
	case $1 in
	capsa*) echo "capsa verify $file" ;;
	tar*) echo "zstd -q -t $file" ;;
	zim*) echo "zimcheck -C $file" ;;
	zip*) echo "unzip -tq $file" ;;
	esac
}

# Into the new directory $out.
system_extract() {
	case $1 in
	capsa*) echo "capsa extract --quiet -C $out $file" ;;
	tar*) echo "tar --zstd -xf $file -C $out" ;;
	squashfs*) echo "unsquashfs -quiet -no-progress -f -d $out $file" ;;
	zim*) echo "zimdump dump --dir=$out $file" ;;
	zip*) echo "unzip -q -d $out $file" ;;
	esac
}
