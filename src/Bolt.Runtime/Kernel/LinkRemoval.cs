using System.Text;

namespace Bolt.Kernel;

/// <summary>Removes a network device by name, for rooms that hold no pointers.</summary>
internal static class LinkRemoval
{
    public static Errno Remove(string name)
    {
        var route = Netlink.Open();
        if (route < 0) return (Errno)(-route);
        var error = Netlink.DeleteLink(route, Encoding.UTF8.GetBytes(name));
        Netlink.Close(route);
        return (Errno)error;
    }
}
