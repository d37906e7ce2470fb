//! Fetches from agencies' sites: only those that the deployment names may lie on private addresses.

use fuxin::outbound::Purpose;

use crate::support::{Answer, Site, on_each_database, on_each_database_with};

#[test]
fn a_private_site_is_fetched_from_where_the_deployment_names_it_and_only_there() {
    let site = Site::start();
    let jwt = "application/jwt";
    site.put("/object", Answer::of(jwt, "a.b.c"));
    site.put("/silent", Answer::of(jwt, "a.b.c").never());
    site.put("/moved", Answer::of(jwt, "").status("302 Found").header("location", "/object"));
    on_each_database_with(&site.settings(), async |app| {
        let outbound = app.context();
        let fetched =
            async |path| outbound.outbound.get(Purpose::RequestObject, &site.url(path)).await;
        assert_eq!(fetched("/object?x=1").await.unwrap().body, b"a.b.c");
        assert!(fetched("/moved").await.is_err() && fetched("/nowhere").await.is_err());
        assert!(fetched("/silent").await.is_err());
        let fields = [("logout_token", "a b")];
        let told = Purpose::BackchannelLogout;
        let posted = outbound.outbound.post_form(told, &site.url("/object"), &fields).await;
        assert_eq!(posted.unwrap().as_u16(), 200);
        let asked = site.asked();
        let lines: Vec<_> =
            asked.iter().map(|one| format!("{} {}", one.method, one.path)).collect();
        assert_eq!(
            lines,
            ["GET /object?x=1", "GET /moved", "GET /nowhere", "GET /silent", "POST /object"]
        );
        assert_eq!(asked[4].body, "logout_token=a+b");
    });
    on_each_database(async |app| {
        let url = site.url("/object");
        assert!(app.context().outbound.get(Purpose::RequestObject, &url).await.is_err());
        assert_eq!(site.asked(), []);
    });
}
