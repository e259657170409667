//! Makes a client of the document, and asks a running service with it: `vitaran-client-check http://127.0.0.1:8080`.

progenitor::generate_api!(spec = "openapi-3.0.json", interface = Builder, tags = Merged);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Some(address) = std::env::args().nth(1) else {
        println!("the client compiles");
        return Ok(());
    };
    let health = Client::new(&address).health_get().send().await?;
    println!("{} {}", health.status(), serde_json::to_string(&*health)?);
    Ok(())
}
