# What stands on every page.
site-name = Fuxin
site-subtitle = Government sign-in
site-title-end = { " | Fuxin" }
site-title-error = { "Error: " }
site-skip = Skip to main content
site-language = Language
site-other-language = 中文
site-help = Trouble signing in? Help and codes
site-service-desk = Service desk
site-signed-in-as = Signed in as { $name }
site-code = Code
site-going-to = You are going to
site-cancel = Cancel and go back
site-policy = Privacy policy
site-terms = Terms of service
