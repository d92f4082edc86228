# Completion of capsa for fish: verbs, options, files, and paths inside an archive.

function __capsa_words
    commandline -opc | string match -v -- '-*'
end

# Is the verb one of these?
function __capsa_verb
    set -l words (__capsa_words)
    contains -- "$words[2]" $argv
end

function __capsa_no_verb
    test (count (__capsa_words)) -lt 2
end

# Is this the Nth word behind the verb, not counting options?
function __capsa_operand
    test (count (__capsa_words)) -eq (math $argv[1] + 1)
end

# The word behind the verb.
function __capsa_action
    set -l words (__capsa_words)
    contains -- "$words[3]" $argv
end

function __capsa_files
    __fish_complete_suffix $argv[1]
end

# Paths inside the archive, up to the next slash: at most 200 are looked at.
function __capsa_paths
    set -l words (__capsa_words)
    set -l archive (string replace -r '^~/' "$HOME/" -- $words[3])
    set -l prefix (commandline -ct | string unescape)
    test -n "$prefix" -a -f "$archive"; or return
    set -l pattern (string replace -ar '[][*?\\\\]' '\\\\$0' -- $prefix)
    set -l paths (capsa list -q -0 -- $archive "$pattern**" 2>/dev/null | string split0 | head -n 200)
    string replace -r '^(.{'(string length -- $prefix)'}[^/]*/?).*' '$1' -- $paths | sort -u
    # There may be others: what all have in common is not known.
    test (count $paths) -lt 200; or echo "$prefix..."
end

function __capsa_trusted
    capsa trust list -q 2>/dev/null | cut -f 1,2
end

complete -c capsa -f
complete -c capsa -n __capsa_no_verb -l version -d 'Name the version'
complete -c capsa -s h -l help -d 'Print a summary'

complete -c capsa -n __capsa_no_verb -a pack -d 'Pack files into an archive'
complete -c capsa -n __capsa_no_verb -a info -d 'Who packed what, when, and where the bytes go'
complete -c capsa -n __capsa_no_verb -a list -d 'The articles of an archive, their dates, titles, metadata'
complete -c capsa -n __capsa_no_verb -a find -d 'Articles by words, site, creator or date, in many archives'
complete -c capsa -n __capsa_no_verb -a get -d 'The body or metadata of an article, by path, URL, title or digest'
complete -c capsa -n __capsa_no_verb -a extract -d 'Articles as files, safely named'
complete -c capsa -n __capsa_no_verb -a verify -d 'Is an archive intact, signed, and by whom?'
complete -c capsa -n __capsa_no_verb -a sign -d 'Add a signature to archives, as a witness that they are intact'
complete -c capsa -n __capsa_no_verb -a repair -d 'A damaged archive back from copies that are damaged elsewhere'
complete -c capsa -n __capsa_no_verb -a salvage -d 'What a damaged archive still holds, without its index'
complete -c capsa -n __capsa_no_verb -a withhold -d 'A copy without some articles, whose signatures still hold'
complete -c capsa -n __capsa_no_verb -a diff -d 'What has changed from one archive to another'
complete -c capsa -n __capsa_no_verb -a export -d 'Articles as tar, zip, JSONL, WARC or BagIt'
complete -c capsa -n __capsa_no_verb -a key -d 'Make a key, or show one'
complete -c capsa -n __capsa_no_verb -a trust -d 'The keys that you trust'
complete -c capsa -n __capsa_no_verb -a help -d 'Print the help of a verb'
complete -c capsa -n '__capsa_verb help; and __capsa_operand 1' -a 'pack info list find get extract verify sign repair salvage withhold diff export key trust'

# ---- arguments

complete -c capsa -n '__capsa_verb pack' -F
complete -c capsa -n '__capsa_verb info list get extract salvage withhold export; and __capsa_operand 1' -k -a '(__capsa_files .capsa)'
complete -c capsa -n '__capsa_verb find verify sign repair diff' -k -a '(__capsa_files .capsa)'
complete -c capsa -n '__capsa_verb list get extract withhold export; and not __capsa_operand 1' -a '(__capsa_paths)'
complete -c capsa -n '__capsa_verb key; and __capsa_operand 1' -a 'new show'
complete -c capsa -n '__capsa_verb key; and __capsa_action show; and __capsa_operand 2' -F
complete -c capsa -n '__capsa_verb trust; and __capsa_operand 1' -a 'add list remove seen forget'
complete -c capsa -n '__capsa_verb trust; and __capsa_action add; and __capsa_operand 2' -k -a '(__capsa_files .pub)'
complete -c capsa -n '__capsa_verb trust; and __capsa_action remove; and __capsa_operand 2' -a '(__capsa_trusted)'
complete -c capsa -n '__capsa_verb trust; and __capsa_action forget; and __capsa_operand 2' -a '(capsa trust seen -q 2>/dev/null | cut -f 1)'

# ---- options

complete -c capsa -n '__capsa_verb pack info list find get extract verify sign repair salvage withhold diff export key trust' -s q -l quiet -d 'No messages but errors'
complete -c capsa -n '__capsa_verb pack info list find get extract verify sign repair salvage withhold diff export' -l no-progress -d 'No progress'
complete -c capsa -n '__capsa_verb info list find get extract verify diff repair withhold export' -s p -k -x -a '(__capsa_files .pub)' -d 'Trust this public key'
complete -c capsa -n '__capsa_verb info list find get extract verify diff repair withhold export' -s P -x -d 'Trust this public key'
complete -c capsa -n '__capsa_verb info list find get extract verify diff repair withhold export' -l trusted -d 'Trust the keys of the trust store'
complete -c capsa -n '__capsa_verb info list find verify diff' -l json -d 'A JSON object a line'
complete -c capsa -n '__capsa_verb pack sign salvage' -s k -l key -k -x -a '(__capsa_files .key)' -d 'Sign with this secret key'
complete -c capsa -n '__capsa_verb pack sign salvage key' -l password-file -r -F -d 'File with the password of the key'
complete -c capsa -n '__capsa_verb pack extract verify sign repair' -l threads -x -d 'Number of threads'
complete -c capsa -n '__capsa_verb pack get repair salvage withhold export' -s o -l output -r -F -d 'Write to this file'
complete -c capsa -n '__capsa_verb pack get extract verify sign repair salvage withhold export' -l force -d 'Replace files that exist'
complete -c capsa -n '__capsa_verb list find export' -l from -x -d 'Published then or later'
complete -c capsa -n '__capsa_verb list find' -l to -x -d 'Published until the end of that'
complete -c capsa -n '__capsa_verb get extract withhold export' -l metadata -d 'The metadata'
complete -c capsa -n '__capsa_verb get' -l proof -r -F -d 'Also write a proof'

complete -c capsa -n '__capsa_verb pack salvage' -l unsigned -d 'Do not sign'
complete -c capsa -n '__capsa_verb pack' -s C -l directory -x -a '(__fish_complete_directories)' -d 'Find the inputs that follow there'
complete -c capsa -n '__capsa_verb pack' -l include -x -d 'Only paths that match'
complete -c capsa -n '__capsa_verb pack' -l exclude -x -d 'No paths that match'
complete -c capsa -n '__capsa_verb pack' -l isolate -x -d 'Matching articles get frames of their own'
complete -c capsa -n '__capsa_verb pack' -l from -x -a 'dir file capsa jsonl csv warc arc wacz zim tar cpio zip 7z iso' -d 'All inputs are of this kind'
complete -c capsa -n '__capsa_verb pack' -l files-from -r -F -d 'Read the names of inputs from a file'
complete -c capsa -n '__capsa_verb pack' -l null -d 'These names end with zero bytes'
complete -c capsa -n '__capsa_verb pack' -l map -x -d 'A field of another name'
complete -c capsa -n '__capsa_verb pack' -l previous -k -x -a '(__capsa_files .capsa)' -d 'The snapshot before in the series'
complete -c capsa -n '__capsa_verb pack' -l all -d 'Also requests and errors of WARC'
complete -c capsa -n '__capsa_verb pack' -l wire -d 'Bodies of WARC as they were sent'
complete -c capsa -n '__capsa_verb pack export' -l keep-going -d 'Leave out what fails'
complete -c capsa -n '__capsa_verb pack' -l report -r -F -d 'List what was left out'
complete -c capsa -n '__capsa_verb pack' -l allow-empty -d 'An archive without articles is no error'
complete -c capsa -n '__capsa_verb pack' -l title -x -d 'Of the archive'
complete -c capsa -n '__capsa_verb pack' -l description -x -d 'Of the archive'
complete -c capsa -n '__capsa_verb pack' -l creator -x -d 'Of the archive'
complete -c capsa -n '__capsa_verb pack' -l publisher -x -d 'Of the archive'
complete -c capsa -n '__capsa_verb pack' -l language -x -d 'Of the archive'
complete -c capsa -n '__capsa_verb pack' -l rights -x -d 'Of the archive'
complete -c capsa -n '__capsa_verb pack' -l source -x -d 'Of the archive'
complete -c capsa -n '__capsa_verb pack' -l meta -x -d 'Anything else about the archive'
complete -c capsa -n '__capsa_verb pack' -l created -x -d 'Time of packing'
complete -c capsa -n '__capsa_verb pack' -l level -x -d '1, fast, to 22, small'
complete -c capsa -n '__capsa_verb pack' -l frame-size -x -d 'Bytes that are compressed together'
complete -c capsa -n '__capsa_verb pack' -l dictionary -r -F -a 'none auto' -d 'Store once what articles have in common'

complete -c capsa -n '__capsa_verb info' -l statement -d 'Print the signed statement alone'
complete -c capsa -n '__capsa_verb info' -l signature -d 'Print a signature alone'

complete -c capsa -n '__capsa_verb list' -s l -l long -d 'Also size, date, media type and title'
complete -c capsa -n '__capsa_verb list' -s 0 -l null -d 'End entries with a zero byte'
complete -c capsa -n '__capsa_verb list export' -l format -x -d 'Of this media type'
complete -c capsa -n '__capsa_verb list export' -l language -x -d 'In this language'

complete -c capsa -n '__capsa_verb find' -l title -x -d 'Is in the title'
complete -c capsa -n '__capsa_verb find' -l creator -x -d 'Is in creator or contributor'
complete -c capsa -n '__capsa_verb find' -l site -x -d 'The URL is of this host'

complete -c capsa -n '__capsa_verb get withhold' -l by -x -a 'path url title digest' -d 'IDs are of this kind'
complete -c capsa -n '__capsa_verb get' -l at -x -d 'Of a URL the last capture until then'

complete -c capsa -n '__capsa_verb extract salvage' -s C -l directory -x -a '(__fish_complete_directories)' -d 'Into this directory'
complete -c capsa -n '__capsa_verb extract' -l map -r -F -d 'List what was renamed'

complete -c capsa -n '__capsa_verb verify' -l quick -d 'Check signature and index only'
complete -c capsa -n '__capsa_verb verify' -l deep -d 'Decompress and check everything'
complete -c capsa -n '__capsa_verb verify' -l part -x -d 'A share of the bytes'
complete -c capsa -n '__capsa_verb verify' -l intact -d 'Do not judge signatures'
complete -c capsa -n '__capsa_verb verify' -l require -x -d 'So many trusted keys must have signed'
complete -c capsa -n '__capsa_verb verify' -l newest -d 'Fail where a newer snapshot was seen'
complete -c capsa -n '__capsa_verb verify' -l no-series -d 'Do not compare snapshots'
complete -c capsa -n '__capsa_verb verify' -l manifest -x -a 'sha256= blake2b=' -d 'Lines for sha256sum -c or b2sum -c'
complete -c capsa -n '__capsa_verb verify' -l log -r -F -d 'Append a line for each archive'
complete -c capsa -n '__capsa_verb verify' -s v -l verbose -d 'All damage, with causes'

complete -c capsa -n '__capsa_verb repair' -l from -k -x -a '(__capsa_files .capsa)' -d 'Another copy'

complete -c capsa -n '__capsa_verb withhold' -l reason -x -d 'Is written in their place'
complete -c capsa -n '__capsa_verb withhold' -l others -d 'Also withhold what goes with them'

complete -c capsa -n '__capsa_verb sign' -l detached -d 'Write a file beside the archive'
complete -c capsa -n '__capsa_verb sign' -l comment -x -d 'Add this to the trusted comment'
complete -c capsa -n '__capsa_verb sign' -l deep -d 'Verify deeply'
complete -c capsa -n '__capsa_verb sign' -l no-verify -d 'Do not verify'

complete -c capsa -n '__capsa_verb export' -l to -x -a 'tar zip jsonl warc bagit' -d 'What it is to be, or published until then'

complete -c capsa -n '__capsa_verb key' -l no-password -d 'Leave the secret key without a password'

complete -c capsa -n '__capsa_verb trust' -l name -x -d 'The label'
complete -c capsa -n '__capsa_verb trust' -l until -x -d 'Do not trust later signatures'
