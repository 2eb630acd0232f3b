package collectors

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCustomLimit(t *testing.T) { require.Equal(t, Defaults().MaxCustom, CustomKey.Limit) }
