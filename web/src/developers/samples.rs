//! An operation as four programs would call it. Each sample runs once the address and the token are filled in.

use serde_json::Value;

/// Spaces of one step inwards.
const STEP: &str = "    ";

/// What is sent, from which all samples are written.
#[derive(Debug)]
pub struct Call {
    /// In capitals.
    pub method: String,
    /// With its parameters filled in.
    pub path: String,
    pub needs_token: bool,
    pub headers: Vec<(String, String)>,
    pub body: Option<Value>,
    pub answer: Answer,
}

/// What comes back when all is well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Json,
    File,
    Nothing,
}

#[derive(Debug)]
pub struct Sample {
    pub language: &'static str,
    pub code: String,
}

impl Call {
    pub fn samples(&self) -> [Sample; 4] {
        [
            ("curl", self.curl()),
            ("JavaScript", self.javascript()),
            ("Python", self.python()),
            ("Rust", self.rust()),
        ]
        .map(|(language, code)| Sample { language, code })
    }

    fn curl(&self) -> String {
        let address = format!("\"$VITARAN{}\"", self.path);
        let mut lines = vec![match self.method.as_str() {
            "GET" => format!("curl {address}"),
            method => format!("curl -X {method} {address}"),
        }];
        if self.needs_token {
            lines.push("-H \"Authorization: Bearer $TOKEN\"".to_owned());
        }
        for (name, value) in &self.headers {
            lines.push(format!("-H '{name}: {value}'"));
        }
        if let Some(body) = &self.body {
            lines.push("-H 'Content-Type: application/json'".to_owned());
            let body = printed(body).replace('\'', r"'\''");
            lines.push(format!("-d '{body}'"));
        }
        if self.answer == Answer::File {
            lines.push("-o answer.pdf".to_owned());
        }
        lines.join(" \\\n  ")
    }

    fn javascript(&self) -> String {
        let mut options = Vec::new();
        if self.method != "GET" {
            options.push(format!("method: \"{}\",", self.method));
        }
        let mut headers = Vec::new();
        if self.needs_token {
            headers.push("Authorization: `Bearer ${TOKEN}`,".to_owned());
        }
        for (name, value) in &self.headers {
            headers.push(format!("{}: {},", quoted(name), quoted(value)));
        }
        if self.body.is_some() {
            headers.push("\"Content-Type\": \"application/json\",".to_owned());
        }
        if !headers.is_empty() {
            let lines = headers.join(&format!("\n{STEP}"));
            options.push(format!("headers: {{\n{STEP}{lines}\n}},"));
        }
        if let Some(body) = &self.body {
            options.push(format!("body: JSON.stringify({}),", printed(body)));
        }
        let options = inwards(&options.join("\n"));
        let read = match self.answer {
            Answer::Json => "\nconsole.log(await answer.json());",
            Answer::File => "\nconst file = await answer.blob();",
            Answer::Nothing => "",
        };
        let options = if options.is_empty() {
            String::new()
        } else {
            format!(", {{\n{options}\n}}")
        };
        format!(
            "const answer = await fetch(`${{VITARAN}}{}`{options});\nif (!answer.ok) throw new Error((await answer.json()).detail);{read}",
            self.path
        )
    }

    fn python(&self) -> String {
        let mut arguments = vec![format!("f\"{{VITARAN}}{}\",", self.path)];
        let mut headers = Vec::new();
        if self.needs_token {
            headers.push("\"Authorization\": f\"Bearer {TOKEN}\",".to_owned());
        }
        for (name, value) in &self.headers {
            headers.push(format!("{}: {},", quoted(name), quoted(value)));
        }
        if !headers.is_empty() {
            let lines = headers.join(&format!("\n{STEP}"));
            arguments.push(format!("headers={{\n{STEP}{lines}\n}},"));
        }
        if let Some(body) = &self.body {
            arguments.push(format!("json={},", python_value(body)));
        }
        let read = match self.answer {
            Answer::Json => "\nprint(answer.json())",
            Answer::File => "\nfile = answer.content",
            Answer::Nothing => "",
        };
        format!(
            "import requests\n\nanswer = requests.{}(\n{}\n)\nanswer.raise_for_status(){read}",
            self.method.to_ascii_lowercase(),
            inwards(&arguments.join("\n"))
        )
    }

    fn rust(&self) -> String {
        let address = format!("format!(\"{{vitaran}}{}\")", self.path);
        let mut steps = vec![format!(".{}({address})", self.method.to_ascii_lowercase())];
        if self.needs_token {
            steps.push(".bearer_auth(token)".to_owned());
        }
        for (name, value) in &self.headers {
            steps.push(format!(".header({}, {})", quoted(name), quoted(value)));
        }
        if let Some(body) = &self.body {
            steps.push(format!(".json(&serde_json::json!({}))", printed(body)));
        }
        steps.extend([".send()", ".await?", ".error_for_status()?"].map(str::to_owned));
        match self.answer {
            Answer::Json => {
                steps.extend([".json::<serde_json::Value>()", ".await?"].map(str::to_owned))
            }
            Answer::File => steps.extend([".bytes()", ".await?"].map(str::to_owned)),
            Answer::Nothing => {}
        }
        format!(
            "let answer = reqwest::Client::new()\n{};",
            inwards(&steps.join("\n"))
        )
    }
}

/// JSON over several lines. It is also JavaScript, and what `json!` takes.
fn printed(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// A string, as JSON, JavaScript, Python and Rust write one alike as long as it has no control characters.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn inwards(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| format!("{STEP}{line}")).collect();
    lines.join("\n")
}

/// The same value in Python's words for true, false and nothing.
fn python_value(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(_) | Value::String(_) => value.to_string(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| python_value(item) + ",").collect();
            bracketed('[', &items, ']')
        }
        Value::Object(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|(name, value)| format!("{}: {},", quoted(name), python_value(value)))
                .collect();
            bracketed('{', &fields, '}')
        }
    }
}

fn bracketed(open: char, lines: &[String], close: char) -> String {
    if lines.is_empty() {
        return format!("{open}{close}");
    }
    format!("{open}\n{}\n{close}", inwards(&lines.join("\n")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn call() -> Call {
        Call {
            method: "POST".to_owned(),
            path: "/api/v1/orders".to_owned(),
            needs_token: true,
            headers: vec![("Idempotency-Key".to_owned(), "k-1".to_owned())],
            body: Some(json!({ "note": "Om's", "urgent": true, "lines": [{ "quantity": "5" }] })),
            answer: Answer::Json,
        }
    }

    #[test]
    fn each_language_says_the_same_call_in_its_own_words() {
        let [curl, javascript, python, rust] = call().samples().map(|sample| sample.code);
        assert!(curl.starts_with(
            "curl -X POST \"$VITARAN/api/v1/orders\" \\\n  -H \"Authorization: Bearer $TOKEN\""
        ));
        assert!(curl.contains(r"Om'\''s"), "{curl}");
        assert!(javascript.contains("method: \"POST\","));
        assert!(javascript.contains("\"Idempotency-Key\": \"k-1\","));
        assert!(python.starts_with(
            "import requests\n\nanswer = requests.post(\n    f\"{VITARAN}/api/v1/orders\","
        ));
        assert!(python.contains("\"urgent\": True,"), "{python}");
        assert!(rust.contains(".header(\"Idempotency-Key\", \"k-1\")"));
        assert!(rust.contains(".json::<serde_json::Value>()"));
    }

    #[test]
    fn a_call_that_answers_nothing_reads_nothing() {
        let call = Call {
            answer: Answer::Nothing,
            body: None,
            ..call()
        };
        for sample in call.samples() {
            // A refusal is read all the same.
            let mut lines = sample.code.lines();
            let reads = lines.any(|line| line.contains("json") && !line.contains("detail"));
            assert!(!reads, "{}", sample.code);
        }
    }
}
