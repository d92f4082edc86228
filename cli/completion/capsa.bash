# Completion of capsa for bash: verbs, options, files, and paths inside an archive.

_capsa_verbs='pack info list find get extract verify sign repair salvage withhold diff export key trust'

# The options of a verb; those that end in = take a value.
_capsa_options()
{
	local every='-q --quiet -h --help'
	local reads="-p= -P= --trusted --no-progress $every"

	case $1 in
	pack)
		echo "$every --no-progress -o= --output= --force -k= --key= --password-file= --unsigned" \
		    "-C= --directory= --include= --exclude= --isolate= --from= --files-from= --null --map=" \
		    "--previous= --all --wire --keep-going --report= --allow-empty --title= --description=" \
		    "--creator= --publisher= --language= --rights= --source= --meta= --created= --level= --frame-size=" \
		    "--dictionary= --threads="
		;;
	info) echo "$reads --statement --signature --json" ;;
	list) echo "$reads -l --long --json -0 --null --from= --to= --format= --language=" ;;
	find) echo "$reads --title= --creator= --site= --from= --to= --json" ;;
	get) echo "$reads --by= --at= --metadata --proof= -o= --output= --force" ;;
	extract) echo "$reads -C= --directory= --metadata --map= --force --threads=" ;;
	verify)
		echo "$reads --quick --deep --part= --intact --require= --newest --no-series --manifest= --force --log=" \
		    "--threads= -v --verbose --json"
		;;
	sign)
		echo "$every --no-progress -k= --key= --password-file= --detached --comment= --deep --no-verify" \
		    "--force --threads="
		;;
	repair) echo "$reads --from= -o= --output= --force --threads=" ;;
	salvage)
		echo "$every --no-progress -C= --directory= -o= --output= -k= --key= --password-file= --unsigned" \
		    "--force"
		;;
	withhold) echo "$reads --reason= -o= --output= --metadata --others --by= --force" ;;
	diff) echo "$reads --json" ;;
	export)
		echo "$reads -o= --output= --to= --metadata --from= --format= --language= --keep-going --force"
		;;
	key) echo "$every --no-password --password-file=" ;;
	trust) echo "$every --name= --until=" ;;
	esac
}

# A word without quotes and backslashes.
_capsa_plain()
{
	local text=${1//[\'\"]/}

	text=${text//\\\\/$'\1'}
	text=${text//\\/}
	printf %s "${text//$'\1'/\\}"
}

_capsa_words()
{
	mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
}

# Directories, and files that match a pattern; where there are none, all files.
_capsa_files()
{
	local cur

	cur=$(_capsa_plain "$2")
	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(compgen -f -X "!$1" -- "$cur"; compgen -d -- "$cur")
	if [[ ${#COMPREPLY[@]} -eq 0 ]]; then
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
	fi
}

_capsa_directories()
{
	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(compgen -d -- "$(_capsa_plain "$1")")
}

# Paths inside an archive, up to the next slash: at most 200 are looked at.
_capsa_paths()
{
	local program=$1 archive=$2 prefix=$3 pattern path rest count=0
	local -A found=()

	[[ -n $prefix && -f $archive ]] || return
	pattern=$(sed 's/[][*?\\]/\\&/g' <<<"$prefix")
	while [[ $count -lt 200 ]] && IFS= read -r -d '' path; do
		count=$((count + 1))
		[[ $path != *[[:cntrl:]]* ]] || continue
		rest=${path#"$prefix"}
		[[ $rest != */* ]] || path=$prefix${rest%%/*}/
		found[$path]=1
	done < <("$program" list -q -0 -- "$archive" "$pattern**" 2>/dev/null)
	COMPREPLY=("${!found[@]}")
	# There may be others: what all have in common is not known.
	[[ $count -lt 200 ]] || COMPREPLY+=("$prefix...")
	compopt -o filenames 2>/dev/null
	if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == */ ]]; then
		compopt -o nospace 2>/dev/null
	fi
}

# Key ids of the trust store.
_capsa_trusted()
{
	_capsa_words "$("$1" trust list -q 2>/dev/null | cut -f 1)" "$2"
}

# The value of an option.
_capsa_value()
{
	local verb=$1 option=$2 cur=$3

	case $option in
	-p) _capsa_files '*.pub' "$cur" ;;
	-k | --key) _capsa_files '*.key' "$cur" ;;
	-C | --directory) _capsa_directories "$cur" ;;
	--previous) _capsa_files '*.capsa' "$cur" ;;
	--by) _capsa_words 'path url title digest' "$cur" ;;
	--dictionary) _capsa_words 'none auto' "$cur"; [[ ${#COMPREPLY[@]} -ne 0 ]] || _capsa_files '*' "$cur" ;;
	--manifest) _capsa_words 'sha256= blake2b=' "$cur"; compopt -o nospace 2>/dev/null ;;
	--from) [[ $verb != pack ]] || _capsa_words 'dir file capsa jsonl csv warc arc wacz zim tar cpio zip 7z iso' "$cur" ;;
	--to) [[ $verb != export ]] || _capsa_words 'tar zip jsonl warc bagit' "$cur" ;;
	--map) [[ $verb = pack ]] || _capsa_files '*' "$cur" ;;
	-o | --output | --password-file | --files-from | --report | --log) _capsa_files '*' "$cur" ;;
	esac
}

# An argument that belongs to no option; before it there are others.
_capsa_operand()
{
	local program=$1 verb=$2 cur=$3 archive
	shift 3

	case $verb in
	pack) _capsa_files '*' "$cur" ;;
	list | get | extract | withhold | export)
		if [[ $# -eq 0 ]]; then
			_capsa_files '*.capsa' "$cur"
		else
			archive=$(_capsa_plain "$1")
			[[ $archive != '~/'* ]] || archive=$HOME${archive#'~'}
			_capsa_paths "$program" "$archive" "$(_capsa_plain "$cur")"
		fi
		;;
	info) [[ $# -ne 0 ]] || _capsa_files '*.capsa' "$cur" ;;
	diff) [[ $# -gt 1 ]] || _capsa_files '*.capsa' "$cur" ;;
	find | verify | sign | repair | salvage) _capsa_files '*.capsa' "$cur" ;;
	key)
		case $# in
		0) _capsa_words 'new show' "$cur" ;;
		1) [[ $1 != show ]] || _capsa_files '*' "$cur" ;;
		esac
		;;
	trust)
		case $#$1 in
		0) _capsa_words 'add list remove seen forget' "$cur" ;;
		1add) _capsa_files '*.pub' "$cur" ;;
		1remove) _capsa_trusted "$program" "$cur" ;;
		1forget) _capsa_words "$("$program" trust seen -q 2>/dev/null | cut -f 1)" "$cur" ;;
		esac
		;;
	esac
}

_capsa()
{
	local program=$1 line=${COMP_LINE:0:COMP_POINT} words=() word rest verb options i
	local cur head='' skip=0 ended=0 operands=()

	# Words as a shell has them: readline cuts them at = and : as well.
	for ((i = 0; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		rest=${line#"${line%%[![:space:]]*}"}
		[[ $i -lt $COMP_CWORD ]] || word=$rest
		if [[ $i -eq 0 || $rest != "$line" || -z $line ]]; then
			head=
			words+=("$word")
		else
			head=${words[-1]}
			words[-1]+=$word
		fi
		line=${rest#"$word"}
	done
	cur=${words[-1]}
	# Readline replaces what stands behind the last cut.
	[[ $word != [=:] ]] || head=$cur
	unset 'words[-1]'

	COMPREPLY=()
	verb=${words[1]}
	if [[ ${#words[@]} -eq 1 ]]; then
		_capsa_words "$_capsa_verbs help --help --version" "$cur"
		return
	fi
	if [[ $verb = help ]]; then
		[[ ${#words[@]} -gt 2 ]] || _capsa_words "$_capsa_verbs" "$cur"
		return
	fi

	options=" $(_capsa_options "$verb") "
	for word in "${words[@]:2}"; do
		if [[ $skip = 1 ]]; then
			skip=0
		elif [[ $ended = 0 && $word = -- ]]; then
			ended=1
		elif [[ $ended = 0 && $word = -?* ]]; then
			[[ $options != *" $word= "* ]] || skip=1
		else
			operands+=("$word")
		fi
	done

	if [[ $skip = 1 ]]; then
		_capsa_value "$verb" "$word" "$cur"
	elif [[ $ended = 0 && $cur = --*=* ]]; then
		_capsa_value "$verb" "${cur%%=*}" "${cur#*=}"
		head=${head#"${cur%%=*}="}
	elif [[ $ended = 0 && $cur = -* ]]; then
		# Only a long option has its value behind a =.
		_capsa_words "$(sed 's/ \(-.\)=/ \1/g' <<<"$options")" "$cur"
		[[ ${COMPREPLY[0]} != *= ]] || compopt -o nospace 2>/dev/null
	else
		_capsa_operand "$program" "$verb" "$cur" "${operands[@]}"
	fi
	for i in "${!COMPREPLY[@]}"; do
		COMPREPLY[i]=${COMPREPLY[i]#"$head"}
	done
}

complete -F _capsa capsa
