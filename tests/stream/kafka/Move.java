// Moves a partition to other nodes, of which the first leads it: BROKERS TOPIC PARTITION NODE,NODE,...
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ElectionNotNeededException;

public class Move {
  public static void main(String[] arguments) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", arguments[0]))) {
      var partition = new TopicPartition(arguments[1], Integer.parseInt(arguments[2]));
      List<Integer> nodes = Arrays.stream(arguments[3].split(",")).map(Integer::valueOf).toList();
      admin.alterPartitionReassignments(Map.of(partition, Optional.of(new NewPartitionReassignment(nodes)))).all().get();
      while (!admin.listPartitionReassignments().reassignments().get().isEmpty()) Thread.sleep(100);
      var elected = admin.electLeaders(ElectionType.PREFERRED, Set.of(partition)).partitions().get().get(partition);
      if (elected.isPresent() && !(elected.get() instanceof ElectionNotNeededException)) throw new Exception(elected.get());
    }
  }
}
