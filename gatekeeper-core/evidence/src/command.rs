//! Recorded commands: how one ended, and which reports it wrote.

use serde::{Deserialize, Serialize};

/// A command that was recorded while it ran.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Recording {
    /// Whose command it was, as it was named then.
    pub tool: String,
    /// The command and its arguments.
    pub command: Vec<String>,
    /// Its exit status; null where a signal ended it.
    pub exit_status: Option<i32>,
    /// The signal that ended it, where one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signal: Option<i32>,
    /// The reports that it was to write.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reports: Vec<Report>,
    /// How long it ran, milliseconds, where its recording says so.
    #[serde(skip)]
    pub millis: Option<u64>,
}

impl Recording {
    /// Whether the command ended by itself with this status.
    pub fn ended_with(&self, status: i32) -> bool {
        self.exit_status == Some(status) && self.signal.is_none()
    }

    /// How it ended, in words.
    pub fn ending(&self) -> String {
        match (self.signal, self.exit_status) {
            (Some(signal), _) => format!("was ended by signal {signal}"),
            (None, Some(status)) => format!("ended with exit status {status}"),
            (None, None) => "ended in a way that nobody knows".to_owned(),
        }
    }
}

/// A report that a recorded command was to write.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// The file, `/`-separated, relative to the recording's own folder; the pattern, where nothing matched it.
    pub path: String,
    /// SHA-256 of the file when the command had ended, lower-case hex; null where the command did not write it.
    pub sha256: Option<String>,
    /// Its size then, bytes.
    #[serde(default)]
    pub bytes: u64,
    /// The format that it was recognised as then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
}

impl Report {
    /// Where it lies, seen from where the recording lies: `../junit.xml` of `a/gatekeeper-records/x.record` is `a/junit.xml`. `None` where it
    /// leaves the root.
    pub fn beside(&self, recording: &str) -> Option<String> {
        let mut at: Vec<&str> = recording.split('/').collect();
        at.pop();
        for part in self.path.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    at.pop()?;
                }
                part => at.push(part),
            }
        }
        (!self.path.starts_with('/')).then(|| at.join("/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_found_from_its_recording() {
        let of = |path: &str, recording: &str| Report { path: path.into(), ..Report::default() }.beside(recording);
        assert_eq!(of("../junit.xml", "gatekeeper-records/x.record").as_deref(), Some("junit.xml"));
        assert_eq!(of("../a/./b.xml", "p/gatekeeper-records/x.record").as_deref(), Some("p/a/b.xml"));
        assert_eq!(of("b.xml", "x.record").as_deref(), Some("b.xml"));
        assert_eq!(of("../b.xml", "x.record"), None, "it leaves the root");
        assert_eq!(of("/etc/passwd", "r/x.record"), None);
    }

    #[test]
    fn a_signal_is_no_status() {
        let ended = |exit_status, signal| Recording { exit_status, signal, ..Recording::default() };
        assert!(ended(Some(0), None).ended_with(0) && !ended(Some(1), None).ended_with(0));
        assert!(!ended(Some(0), Some(9)).ended_with(0) && !ended(None, None).ended_with(0));
        assert_eq!(ended(None, Some(9)).ending(), "was ended by signal 9");
        assert_eq!(ended(Some(2), None).ending(), "ended with exit status 2");
    }
}
