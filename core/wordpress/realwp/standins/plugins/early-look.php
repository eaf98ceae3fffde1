<?php
// A security plugin that looks at the user before WordPress reads the password.
add_filter(
	'rest_authentication_errors',
	function ( $result ) {
		is_user_logged_in();
		return $result;
	},
	1
);
