SITENAME = "Harbour"
