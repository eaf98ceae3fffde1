<?php
// As behind a proxy that does not say that visitors come by https, with https in the settings. The pages
// would send visitors round in circles; a plugin against that is common.
add_filter( 'wp_is_application_passwords_available', 'is_ssl' );
add_filter( 'redirect_canonical', '__return_false' );
