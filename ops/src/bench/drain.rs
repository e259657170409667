//! What the worker spends on the jobs that the load has left: mostly invoices to render.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use vitaran_core::invoicing::RenderInvoice;
use vitaran_core::jobs::Job as _;

use super::processes::{Cost, cost, own_cost};
use crate::OpsError;
use crate::database::Session;

/// CPU that a PDF of a few lines may cost its renderer, in milliseconds.
const PDF_CPU_MS: u64 = 150;

/// The worker's share of the memory that web and worker may take together, in KiB.
const WORKER_PSS_KIB: u64 = 30 * 1024;

/// Watches a worker for a while and says what it did, in lines.
pub(super) async fn watch(worker_pid: u32, time: Duration) -> Result<Vec<String>, OpsError> {
    let mut owner = Session::owner().await?;
    let (before, spent) = (done(&mut owner).await?, costs(worker_pid));
    let begun = Instant::now();
    tokio::time::sleep(time).await;
    let elapsed = begun.elapsed();
    let (after, now) = (done(&mut owner).await?, costs(worker_pid));
    let jobs: BTreeMap<&str, u64> = after
        .iter()
        .map(|(kind, count)| {
            let already = before.get(kind).copied().unwrap_or(0);
            (kind.as_str(), count.saturating_sub(already))
        })
        .filter(|(_, count)| *count > 0)
        .collect();
    let ms = |of: fn(&Costs) -> Cost| of(&now).cpu_ms.saturating_sub(of(&spent).cpu_ms);
    let all: u64 = jobs.values().sum();
    let renders = jobs.get(RenderInvoice::QUEUE).copied().unwrap_or(0);
    let seconds = elapsed.as_secs().max(1);
    let kinds: Vec<String> = jobs
        .iter()
        .map(|(kind, count)| format!("{kind} {count}"))
        .collect();
    let pdf_cpu_ms = ms(|costs| costs.renderer) / renders.max(1);
    let mut said = vec![
        format!(
            "worker: {all} jobs in {seconds} s ({}), {} us of CPU each, {} MiB",
            kinds.join(", "),
            ms(|costs| costs.worker) * 1_000 / all.max(1),
            now.worker.pss_kib / 1024
        ),
        format!(
            "renderer: {renders} PDFs, {pdf_cpu_ms} ms of CPU each, {} an hour, {} MiB",
            renders * 3_600 / seconds,
            now.renderer.pss_kib / 1024
        ),
    ];
    if now.worker.pss_kib > WORKER_PSS_KIB {
        said.push(format!(
            "OVER: the worker holds {} KiB of memory, the floor is {WORKER_PSS_KIB}",
            now.worker.pss_kib
        ));
    }
    if pdf_cpu_ms > PDF_CPU_MS {
        said.push(format!(
            "OVER: a PDF costs its renderer {pdf_cpu_ms} ms of CPU, the floor is {PDF_CPU_MS}"
        ));
    }
    Ok(said)
}

struct Costs {
    worker: Cost,
    renderer: Cost,
}

/// The worker's own, and that of the processes it keeps.
fn costs(worker_pid: u32) -> Costs {
    let (worker, all) = (own_cost(worker_pid), cost(worker_pid));
    Costs {
        worker,
        renderer: Cost {
            cpu_ms: all.cpu_ms.saturating_sub(worker.cpu_ms),
            pss_kib: all.pss_kib.saturating_sub(worker.pss_kib),
        },
    }
}

/// Jobs that are done, by kind.
async fn done(owner: &mut Session) -> Result<BTreeMap<String, u64>, OpsError> {
    let lines = owner
        .lines("SELECT job_type || ' ' || count(*) AS line FROM apalis.jobs WHERE status = 'Done' GROUP BY job_type")
        .await?;
    Ok(lines
        .iter()
        .filter_map(|line| line.rsplit_once(' '))
        .filter_map(|(kind, count)| Some((kind.to_owned(), count.parse().ok()?)))
        .collect())
}
