<?php
// A plugin that lets nobody in, whoever they are.
add_filter(
	'rest_authentication_errors',
	fn() => new WP_Error( 'rest_cannot_access', 'The REST API is closed.', array( 'status' => 401 ) )
);
