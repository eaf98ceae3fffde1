package realwp

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// InstallPlugin does what "Upload Plugin" and "Activate" do with a zip file.
func (s *Site) InstallPlugin(ctx context.Context, packed []byte) error {
	file := filepath.Join(s.dir, "plugin.zip")
	if err := os.WriteFile(file, packed, 0o600); err != nil {
		return err
	}
	said, err := s.PHP(ctx, fmt.Sprintf(`
		require_once ABSPATH . 'wp-admin/includes/admin.php';
		require_once ABSPATH . 'wp-admin/includes/class-wp-upgrader.php';
		$upgrader = new Plugin_Upgrader( new Automatic_Upgrader_Skin() );
		$done     = $upgrader->install( '%s' );
		echo true === $done && null === activate_plugin( $upgrader->plugin_info() ) ? 'active' : wp_json_encode( $upgrader->skin->get_upgrade_messages() );`, file))
	if err != nil {
		return err
	}
	if said != "active" {
		return fmt.Errorf("install plugin: %s", said)
	}
	return nil
}
