//! Ends processes and removes folders that this process leaves behind, however it ends.
//!
//! One shell a test process. It hears through a pipe what there is to end; the pipe closes when this process has gone,
//! be it by `exit`, by a panic or by SIGKILL, and then it sweeps. Values that are dropped clean up by themselves; what lies
//! in a `static` is never dropped and relies on this.

use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{LazyLock, Mutex, PoisonError};

/// Reads `process ID SIGNAL`, `forget ID` and `folder PATH`; acts when there is nothing more to read.
const SCRIPT: &str = r#"
declare -A processes=()
folders=()
while read -r what rest; do
  case $what in
    process) processes[${rest%% *}]=${rest#* } ;;
    forget) unset "processes[$rest]" ;;
    folder) folders+=("$rest") ;;
  esac
done
ids=("${!processes[@]}")
if [ "${#ids[@]}" -gt 0 ]; then
  for id in "${ids[@]}"; do
    kill -s "${processes[$id]}" "$id"
    kill -s CONT "$id"
  done
  for _ in {1..30}; do
    kill -s 0 "${ids[@]}" || break
    sleep 0.1
  done
  kill -s KILL "${ids[@]}"
fi
rm -rf "${folders[@]}"
"#;

static WATCHMAN: LazyLock<Mutex<Child>> = LazyLock::new(|| {
    let mut shell = Command::new("bash");
    shell.args(["-c", SCRIPT, "watchman"]);
    // A group of its own: Ctrl-C in a terminal ends the tests, not the one who sweeps after them.
    shell.process_group(0).current_dir("/");
    shell
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    Mutex::new(shell.spawn().expect("bash starts"))
});

fn tell(line: &str) {
    let mut watchman = WATCHMAN.lock().unwrap_or_else(PoisonError::into_inner);
    let pipe = watchman.stdin.as_mut().expect("it is piped");
    writeln!(pipe, "{line}").expect("the watchman listens as long as this process lives");
}

/// Sends `signal` (such as `TERM`) to a process once this one has ended, and SIGKILL three seconds later.
///
/// # Panics
/// When bash is not there.
pub fn end_process(id: u32, signal: &str) {
    tell(&format!("process {id} {signal}"));
}

/// The process is about to be ended and waited for; another may get its id.
///
/// # Panics
/// As [`end_process`].
pub fn forget_process(id: u32) {
    tell(&format!("forget {id}"));
}

/// Removes the folder once this process has ended.
///
/// # Panics
/// As [`end_process`].
pub fn remove_folder(folder: &Path) {
    tell(&format!("folder {}", folder.display()));
}
